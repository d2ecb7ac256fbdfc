//! The list of the desk: what is asked for, where it goes on, and its SQL.

use linli_access::{Role, Scope};
use linli_db::{Conn, Result, sql};
use linli_kernel::{PlaceLevel, PlacePath, Ts, UnknownWord};
use linli_search::Query;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{COLUMNS, CaseRow, NO_PROMISE, RUNS_OUT};
use crate::model::{Case, CaseId, CaseState, ClockRuns};
use crate::queries::Numbered;

/// Which cases a desk looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum View {
    /// What is open: what runs out first on top, then what stands still, then what waits for the reporter.
    #[default]
    Open,
    /// What was reported and nobody has taken yet, the newest on top.
    New,
    /// What is open and whose promised time is over.
    Overdue,
    /// What waits for the word of the reporter.
    Waiting,
    /// What has ended, the newest on top.
    Ended,
    /// Open and ended, the newest on top.
    All,
}

impl View {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 6] = [Self::Open, Self::New, Self::Overdue, Self::Waiting, Self::Ended, Self::All];

    /// The word in addresses; the first has none.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "",
            Self::New => "new",
            Self::Overdue => "overdue",
            Self::Waiting => "waiting",
            Self::Ended => "ended",
            Self::All => "all",
        }
    }

    /// Whether only open cases, only ended ones, or both are looked at.
    #[must_use]
    pub const fn open(self) -> Option<bool> {
        match self {
            Self::Open | Self::New | Self::Overdue | Self::Waiting => Some(true),
            Self::Ended => Some(false),
            Self::All => None,
        }
    }

    /// The groups of the list, one after the other; none where it goes by the time of the report.
    #[must_use]
    pub const fn groups(self) -> &'static [Group] {
        match self {
            Self::Open => &Group::ALL,
            Self::Overdue => &[Group::Running],
            Self::Waiting => &[Group::Waiting],
            Self::New | Self::Ended | Self::All => &[],
        }
    }

    /// In SQL. The ended cases of a whole district are walked along by id: the planner is kept from gathering all of them by place
    /// (ADR 0011).
    const fn condition(self, narrow: bool) -> &'static str {
        match self {
            Self::Open | Self::Overdue | Self::Waiting => "closed_at IS NULL",
            Self::New => "closed_at IS NULL AND state = 'reported'",
            Self::Ended if narrow => "closed_at IS NOT NULL",
            Self::Ended => "COALESCE(closed_at, 0) <> 0",
            Self::All => "TRUE",
        }
    }
}

/// A part of the list of open cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The clock runs.
    Running,
    /// The clock stands, and it is not the reporter who is waited for: suspended, to be checked.
    Standing,
    /// 等报事人确认: nothing to do until the reporter has spoken.
    Waiting,
}

impl Group {
    /// All of them, in the order of the list.
    pub const ALL: [Self; 3] = [Self::Running, Self::Standing, Self::Waiting];

    /// The group of an open case.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        Self::told_by(case.state.as_str(), case.clock.as_str())
    }

    fn told_by(state: &str, clock: &str) -> Self {
        match (state, clock) {
            (state, _) if state == CaseState::AwaitingConfirmation.as_str() => Self::Waiting,
            (_, clock) if clock == ClockRuns::Running.as_str() => Self::Running,
            _ => Self::Standing,
        }
    }

    /// When a case of it runs out, in SQL: whichever comes first of what was promised and what the city wants. Who waits for a reporter waits
    /// for neither.
    const fn runs_out(self) -> &'static str {
        match self {
            Self::Running | Self::Standing => RUNS_OUT,
            Self::Waiting => "due_at",
        }
    }

    /// The same of a case.
    fn due(self, case: &Case) -> i64 {
        let city = case.city_due_at.filter(|_| self != Self::Waiting);
        case.due_at.into_iter().chain(city).min().map_or(NO_PROMISE, |due| due.0)
    }

    /// The condition in SQL. Where the scope is narrow its few open cases are gathered by place and sorted: the planner is kept from walking
    /// through the clocks of the whole district (ADR 0011).
    fn condition(self, narrow: bool) -> String {
        let (clock, state) = if narrow { ("clock || ''", "state || ''") } else { ("clock", "state") };
        match self {
            Self::Running => format!("{clock} = 'running' AND state <> 'awaiting_confirmation'"),
            Self::Standing => format!("{clock} IN ('paused', 'stopped') AND state <> 'awaiting_confirmation'"),
            Self::Waiting => format!("{state} = 'awaiting_confirmation'"),
        }
    }
}

/// What a desk list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeskFilter {
    /// Which cases.
    pub view: View,
    /// Only under this place, within the scope.
    pub place: Option<PlacePath>,
    /// Only in this state.
    pub state: Option<CaseState>,
    /// Only of this class.
    pub class: Option<String>,
    /// Only what came by this way.
    pub channel: Option<String>,
    /// Only what somebody in this role has.
    pub role: Option<Role>,
    /// Only those whose title, description or number holds every word.
    pub words: Option<Query>,
    /// What was typed, where it may be a number that somebody read out: those that have it stand above the list.
    pub number: Option<Numbered>,
}

/// Where a desk list goes on. Its meaning depends on the list: groups go by promise and id, the others by the time of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeskCursor {
    /// After what runs out then, µs (the largest number when nothing was promised), and this id of a group.
    Due(Group, i64, CaseId),
    /// Before this id.
    Before(CaseId),
    /// Before this number of the index of words.
    Doc(i64),
}

impl DeskCursor {
    /// The cursor after this case of a list in groups.
    #[must_use]
    pub fn after(case: &Case) -> Self {
        let group = Group::of(case);
        Self::Due(group, group.due(case), case.id)
    }
}

impl std::fmt::Display for DeskCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Due(Group::Running, due, id) => write!(f, "r.{due}.{id}"),
            Self::Due(Group::Standing, due, id) => write!(f, "s.{due}.{id}"),
            Self::Due(Group::Waiting, due, id) => write!(f, "w.{due}.{id}"),
            Self::Before(id) => write!(f, "b.{id}"),
            Self::Doc(doc) => write!(f, "d.{doc}"),
        }
    }
}

impl std::str::FromStr for DeskCursor {
    type Err = UnknownWord;

    fn from_str(s: &str) -> std::result::Result<Self, Self::Err> {
        let unknown = || UnknownWord(s.to_owned());
        let (kind, rest) = s.split_once('.').ok_or_else(unknown)?;
        let group = match kind {
            "b" => return rest.parse().map(Self::Before).map_err(|_| unknown()),
            "d" => return rest.parse().map(Self::Doc).map_err(|_| unknown()),
            "r" => Group::Running,
            "s" => Group::Standing,
            "w" => Group::Waiting,
            _ => return Err(unknown()),
        };
        let (due, id) = rest.split_once('.').ok_or_else(unknown)?;
        Ok(Self::Due(group, due.parse().map_err(|_| unknown())?, id.parse().map_err(|_| unknown())?))
    }
}

/// Everything but the words and the promise; `$2` and `$3` are the scope.
const FILTERS: &str = "district_id = $1 AND place_path >= $2 AND place_path < $3 AND ($4 = '' OR state = $4) AND ($5 = '' OR class = $5) \
    AND ($6 = '' OR channel = $6) AND ($7 = '' OR owner_role = $7)";

/// A query with the values of [`FILTERS`].
macro_rules! filtered {
    ($row:ty, $text:expr, $scope:expr, $filter:expr) => {
        sqlx::query_as::<_, $row>(AssertSqlSafe($text))
            .bind($scope.district)
            .bind($scope.from())
            .bind($scope.to())
            .bind($filter.state.map_or("", CaseState::as_str))
            .bind($filter.class.as_deref().unwrap_or(""))
            .bind($filter.channel.as_deref().unwrap_or(""))
            .bind($filter.role.map_or("", Role::as_str))
    };
}

/// Whether a scope is so narrow that gathering its cases by place is shorter than walking along those of the district.
fn is_narrow(scope: &Scope) -> bool {
    scope.place.depth() >= PlaceLevel::Community.depth()
}

fn cases(rows: Vec<CaseRow>) -> Result<Vec<Case>> {
    rows.into_iter().map(Case::try_from).collect()
}

/// Open cases of a group, what runs out first on top, after a time and an id. Overdue is what was promised here and not kept, whatever the city
/// wants.
pub(crate) async fn of_group(
    c: &mut Conn<'_>,
    scope: &Scope,
    filter: &DeskFilter,
    (group, after): (Group, Option<(i64, CaseId)>),
    (now, limit): (Ts, i64),
) -> Result<Vec<Case>> {
    let before = if filter.view == View::Overdue { now.0 } else { i64::MAX };
    // The end of time is promised where nothing is.
    let until = match filter.view {
        View::Overdue => format!("due_at < $11 AND {} < $11", group.runs_out()),
        _ => "due_at <= $11".to_owned(),
    };
    let due = group.runs_out();
    let text = format!(
        "SELECT {COLUMNS} FROM case_file WHERE {FILTERS} AND closed_at IS NULL AND {} AND {due} >= $8 \
         AND ({due} > $8 OR ({due} = $8 AND id > $9)) AND {until} ORDER BY {due}, id LIMIT $10",
        group.condition(is_narrow(scope))
    );
    let (due, id) = after.unwrap_or((i64::MIN, CaseId(Uuid::nil())));
    cases(sql!(c, x => filtered!(CaseRow, text, scope, filter).bind(due).bind(id).bind(limit).bind(before).fetch_all(x).await)?)
}

/// Cases before an id, the newest report on top.
pub(crate) async fn newest(
    c: &mut Conn<'_>,
    scope: &Scope,
    filter: &DeskFilter,
    (before, limit): (Option<CaseId>, i64),
) -> Result<Vec<Case>> {
    let text = format!(
        "SELECT {COLUMNS} FROM case_file WHERE {FILTERS} AND {} AND id < $8 ORDER BY id DESC LIMIT $9",
        filter.view.condition(is_narrow(scope))
    );
    let before = before.unwrap_or(CaseId(Uuid::max()));
    cases(sql!(c, x => filtered!(CaseRow, text, scope, filter).bind(before).bind(limit).fetch_all(x).await)?)
}

/// What a list of open cases is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) id: CaseId,
    /// When it runs out.
    pub(crate) due: i64,
    pub(crate) group: Group,
}

#[derive(Debug, linli_db::FromRow)]
struct PlaceRow {
    id: CaseId,
    due_at: i64,
    city_due_at: Option<i64>,
    state: String,
    clock: String,
}

/// Cases asked about at once.
const ASK: usize = 200;

fn among(count: usize, first: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

/// Those of these cases that the list may show, and where they stand in it.
pub(crate) async fn places(
    c: &mut Conn<'_>,
    scope: &Scope,
    filter: &DeskFilter,
    (ids, now): (&[CaseId], Ts),
) -> Result<Vec<Place>> {
    let mut found = Vec::new();
    for some in ids.chunks(ASK) {
        let text = format!(
            "SELECT id, due_at, city_due_at, state, clock FROM case_file WHERE {FILTERS} AND {} AND id IN ({})",
            filter.view.condition(false),
            among(some.len(), 8)
        );
        let rows: Vec<PlaceRow> = sql!(c, x => {
            let mut query = filtered!(PlaceRow, text, scope, filter);
            for id in some {
                query = query.bind(*id);
            }
            query.fetch_all(x).await
        })?;
        let rows = rows.into_iter().filter(|row| filter.view != View::Overdue || row.due_at < now.0);
        found.extend(rows.map(|row| {
            let group = Group::told_by(&row.state, &row.clock);
            let city = row.city_due_at.filter(|_| group != Group::Waiting);
            Place { id: row.id, due: city.map_or(row.due_at, |city| city.min(row.due_at)), group }
        }));
    }
    let groups = filter.view.groups();
    found.retain(|place| groups.is_empty() || groups.contains(&place.group));
    Ok(found)
}

/// Those of these cases that the list may show, in no order.
pub(crate) async fn those(c: &mut Conn<'_>, scope: &Scope, filter: &DeskFilter, ids: &[CaseId]) -> Result<Vec<Case>> {
    let mut found = Vec::new();
    for some in ids.chunks(ASK) {
        let text = format!(
            "SELECT {COLUMNS} FROM case_file WHERE {FILTERS} AND {} AND id IN ({})",
            filter.view.condition(false),
            among(some.len(), 8)
        );
        let rows: Vec<CaseRow> = sql!(c, x => {
            let mut query = filtered!(CaseRow, text, scope, filter);
            for id in some {
                query = query.bind(*id);
            }
            query.fetch_all(x).await
        })?;
        found.extend(cases(rows)?);
    }
    Ok(found)
}
