//! The desk: what is open, found by its words, place, state, class, way and owner, with one case beside it.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use linli_access::{Action, Channel, Resource, Role, Scope};
use linli_db::Conn;
use linli_hall::{Caller, Hall};
use linli_kernel::PlacePath;
use linli_webkit::view::{Choice, Pager};
use linli_webkit::{AppError, Page, Problems, Shell, T};
use serde::Deserialize;

use super::{Clerk, File, Row, file};
use crate::error::CasesError;
use crate::model::{Case, CaseId, CaseState};
use crate::neighbours::{NamedPlace, Neighbours};
use crate::pages::duty::{self, HandoverView};
use crate::pages::{neighbours, office, store, words};
use crate::queries::{self, DeskCursor, DeskFilter, Group, Numbered, View};

/// The ways by which cases come that somebody may look for.
const CHANNELS: [Channel; 5] = [Channel::Web, Channel::Phone, Channel::Doorstep, Channel::Paper, Channel::Api];

/// Cases of danger to life that are counted on top of the desk.
const DANGERS: i64 = 500;
/// Those of them that stand there by name; the wall has more.
const DANGERS_SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "cases-desk.html")]
struct DeskPage {
    shell: Shell,
    t: T,
    sections: Vec<Section>,
    /// What may be danger to life, above whatever else is looked at.
    dangers: Vec<Row>,
    /// How many there are of those.
    danger_count: usize,
    /// What was handed over and waits to be taken over.
    handover: Option<HandoverView>,
    /// Whether the actor sits at a desk that is handed over.
    on_duty: bool,
    file: Option<File>,
    problems: Problems,
    tabs: Vec<(String, String, bool)>,
    form: Form,
    /// The list as it is asked for again when something happens.
    here: String,
    pager: Pager,
    notes: Vec<String>,
    /// The place that what was typed means, and where the same words are looked for in the text instead.
    meant: Option<(String, String)>,
    /// Places that may be meant.
    several: Vec<(String, String)>,
    /// Where the list goes out as a table, for those who may.
    tables: Vec<(String, &'static str)>,
    /// Where everything is looked through, when nothing was found among what is open.
    wider: String,
}

/// Rows under a heading; the first of a list has none.
struct Section {
    heading: String,
    hint: String,
    rows: Vec<Row>,
}

/// What the list is narrowed by, to be chosen anew.
struct Form {
    asked: Asked,
    states: Vec<Choice>,
    classes: Vec<Choice>,
    channels: Vec<Choice>,
    roles: Vec<Choice>,
    places: Vec<Choice>,
    /// Whether anything but the words is chosen.
    narrowed: bool,
    clear: String,
}

/// What the desk shows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    view: String,
    pub(super) q: String,
    state: String,
    class: String,
    channel: String,
    role: String,
    place: String,
    after: String,
    case: String,
    /// `words`: what was typed is looked for in the text, whatever place is called so.
    by: String,
}

/// What is looked for: what was typed may name a place.
pub(super) struct Meant {
    pub(super) filter: DeskFilter,
    /// The place that was meant, with what it is called; the list is that of the place.
    place: Option<NamedPlace>,
    /// Several places that may be meant.
    places: Vec<NamedPlace>,
}

/// Places that are offered where what was typed may mean several.
const PLACES: usize = 6;

/// Finds out what is meant: words, or a place of the reach by its name (「樟浦大院 3栋」).
pub(super) async fn meant(
    c: &mut Conn<'_>,
    neighbours: &dyn Neighbours,
    scope: &Scope,
    asked: &Asked,
) -> Result<Meant, AppError> {
    let filter = asked.filter();
    if asked.q.trim().is_empty() || filter.place.is_some() || asked.by == "words" {
        return Ok(Meant { filter, place: None, places: Vec::new() });
    }
    let mut places = neighbours.places_meant(c, scope, &asked.q, PLACES).await.map_err(store)?;
    Ok(match places.as_slice() {
        [(path, _)] => {
            let filter = DeskFilter { place: Some(path.clone()), words: None, number: None, ..filter };
            Meant { filter, place: places.pop(), places }
        }
        _ => Meant { filter, place: None, places },
    })
}

impl Asked {
    /// The filter; what nobody could have meant shows everything.
    pub(crate) fn filter(&self) -> DeskFilter {
        let text = |text: &String| (!text.is_empty()).then(|| text.clone());
        DeskFilter {
            view: self.view().unwrap_or_default(),
            place: self.place.parse().ok().filter(|place: &PlacePath| place.depth() > 0),
            state: self.state.parse().ok(),
            class: text(&self.class),
            channel: text(&self.channel),
            role: self.role.parse().ok(),
            words: linli_search::query(&self.q),
            number: Numbered::read(&self.q),
        }
    }

    fn view(&self) -> Option<View> {
        let view = if self.view == "open" { "" } else { &self.view };
        View::ALL.into_iter().find(|known| known.as_str() == view)
    }

    /// The first word of the address that means nothing here.
    pub(crate) fn not_understood(&self) -> Option<&'static str> {
        let filter = self.filter();
        let wrong = [
            ("view", self.view().is_none()),
            ("q", !self.q.is_empty() && filter.words.is_none()),
            ("state", !self.state.is_empty() && filter.state.is_none()),
            ("role", !self.role.is_empty() && filter.role.is_none()),
            ("place", !self.place.is_empty() && filter.place.is_none()),
            ("after", !self.after.is_empty() && self.after().is_none()),
        ];
        wrong.into_iter().find_map(|(field, wrong)| wrong.then_some(field))
    }

    /// Where the list goes on.
    pub(crate) fn after(&self) -> Option<DeskCursor> {
        self.after.parse().ok()
    }

    /// Whether anything but the words narrows the list.
    fn narrowed(&self) -> bool {
        [&self.state, &self.class, &self.channel, &self.role, &self.place].iter().any(|value| !value.is_empty())
    }

    /// The address of this list with some words of it changed.
    fn href(&self, more: &[(&str, &str)]) -> String {
        self.at("/desk", more)
    }

    fn at(&self, address: &str, more: &[(&str, &str)]) -> String {
        let keep = [
            ("view", &self.view),
            ("q", &self.q),
            ("state", &self.state),
            ("class", &self.class),
            ("channel", &self.channel),
            ("role", &self.role),
            ("place", &self.place),
            ("after", &self.after),
            ("by", &self.by),
        ];
        let kept =
            keep.iter().map(|(name, value)| (*name, value.as_str())).filter(|(name, _)| !more.iter().any(|(n, _)| n == name));
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept.chain(more.iter().copied()).filter(|(_, value)| !value.is_empty()));
        let query = query.finish();
        if query.is_empty() { address.to_owned() } else { format!("{address}?{query}") }
    }
}

/// `GET /desk`.
pub(crate) async fn desk(caller: Caller, State(hall): State<Hall>, Query(asked): Query<Asked>) -> Result<Response, AppError> {
    let (office, neighbours) = (office(&hall)?, neighbours(&hall)?);
    let t = caller.info.t().clone();
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let scope = caller.ctx.scope(Action::Read, Resource::Case).map_err(CasesError::from)?;
    let Meant { filter, place, places: several } = meant(c, neighbours.as_ref(), &scope, &asked).await?;
    let found = queries::desk(&caller.ctx, c, &filter, asked.after()).await?;
    let mut clerk = Clerk::new(neighbours.as_ref(), &office, &caller);
    let mut sections = sections(c, &mut clerk, (&asked, filter.view), &found.cases, &t).await?;
    if let Some(above) = numbered(c, &mut clerk, &asked, &found.numbered, &t).await? {
        sections.insert(0, above);
    }
    let dangers = queries::dangers(&caller.ctx, c, DANGERS).await?;
    let danger_count = dangers.len();
    let dangers = clerk.rows(c, dangers.get(..DANGERS_SHOWN).unwrap_or(&dangers), "desk").await?;
    let file = match asked.case.parse::<CaseId>() {
        Ok(id) => Some(file(&caller, &hall, c, id, ("desk", String::new())).await?),
        Err(_) => None,
    };
    let tab = |view: View| {
        let here = filter.view == view;
        (asked.href(&[("view", view.as_str()), ("after", "")]), t.s(tab_key(view)).into_owned(), here)
    };
    let rules = office.rules(&scope.place, caller.ctx.now()).map_err(CasesError::from)?;
    let english = words::english(&t);
    let classes = rules.classes().all().map(|class| Choice::new(&class.code, class.name(english))).collect();
    let here = scope.narrowed(filter.place.as_ref().unwrap_or(&scope.place)).unwrap_or_else(|| scope.clone());
    let form = Form { places: places(c, neighbours.as_ref(), &scope, &here.place).await?, classes, ..Form::of(&asked, &t) };
    let handover = duty::last(&caller, c, neighbours.as_ref()).await?.filter(|handover| handover.waits);
    let page = DeskPage {
        dangers,
        danger_count,
        handover,
        on_duty: caller.ctx.scope(Action::Assign, Resource::Case).is_ok(),
        shell: caller.shell(t.s("cases-desk-title")).live("/cases/live"),
        notes: notes(&t, &asked, &filter, found.late),
        meant: place.map(|(_, name)| (t.v("cases-desk-by-place", "place", name), asked.href(&[("by", "words"), ("after", "")]))),
        several: several
            .into_iter()
            .map(|(path, name)| (asked.href(&[("q", ""), ("place", path.as_str()), ("after", "")]), name))
            .collect(),
        tables: match caller.ctx.scope(Action::Export, Resource::Case) {
            Ok(_) => {
                ["xlsx", "csv"].map(|format| (asked.at("/desk/export", &[("after", ""), ("format", format)]), format)).into()
            }
            Err(_) => Vec::new(),
        },
        wider: if sections.is_empty() && filter.view != View::All && !asked.q.is_empty() {
            asked.href(&[("view", View::All.as_str()), ("after", "")])
        } else {
            String::new()
        },
        sections,
        file,
        problems: Problems::default(),
        tabs: View::ALL.into_iter().map(tab).collect(),
        form,
        here: asked.href(&[("case", &asked.case)]),
        pager: Pager {
            first: if asked.after.is_empty() { String::new() } else { asked.href(&[("after", "")]) },
            older: found.next.map(|cursor| asked.href(&[("after", &cursor.to_string())])).unwrap_or_default(),
        },
        t,
    };
    Ok(Page(page).into_response())
}

const fn tab_key(view: View) -> &'static str {
    match view {
        View::Open => "cases-desk-open",
        View::New => "cases-desk-new",
        View::Overdue => "cases-desk-overdue",
        View::Waiting => "cases-desk-awaiting",
        View::Ended => "cases-desk-ended",
        View::All => "cases-desk-all",
    }
}

/// The rows of the list; where another group of open cases begins, another section does.
async fn sections(
    c: &mut Conn<'_>,
    clerk: &mut Clerk<'_>,
    (asked, view): (&Asked, View),
    cases: &[Case],
    t: &T,
) -> Result<Vec<Section>, AppError> {
    clerk.learn(c, cases).await?;
    let mut sections: Vec<Section> = Vec::new();
    for (case, begins) in cases.iter().zip(queries::headings(view, cases)) {
        let id = case.id.to_string();
        let row = clerk.row(c, case, (asked.href(&[("case", &id)]), asked.case == id)).await?;
        match sections.last_mut().filter(|_| begins.is_none()) {
            Some(section) => section.rows.push(row),
            None => sections.push(Section { rows: vec![row], ..heading(t, begins) }),
        }
    }
    Ok(sections)
}

/// What has the number that was typed, above the list.
async fn numbered(
    c: &mut Conn<'_>,
    clerk: &mut Clerk<'_>,
    asked: &Asked,
    cases: &[Case],
    t: &T,
) -> Result<Option<Section>, AppError> {
    if cases.is_empty() {
        return Ok(None);
    }
    clerk.learn(c, cases).await?;
    let mut rows = Vec::with_capacity(cases.len());
    for case in cases {
        let id = case.id.to_string();
        rows.push(clerk.row(c, case, (asked.href(&[("case", &id)]), asked.case == id)).await?);
    }
    let (heading, hint) = (t.s("cases-desk-numbered").into_owned(), t.s("cases-desk-numbered-hint").into_owned());
    Ok(Some(Section { heading, hint, rows }))
}

/// What is written above a group; nothing above what runs out first.
fn heading(t: &T, group: Option<Group>) -> Section {
    let (heading, hint) = match group {
        None | Some(Group::Running) => (String::new(), String::new()),
        Some(Group::Standing) => (t.s("cases-desk-standing").into_owned(), t.s("cases-desk-standing-hint").into_owned()),
        Some(Group::Waiting) => (t.s("cases-desk-awaiting").into_owned(), t.s("cases-desk-awaiting-hint").into_owned()),
    };
    Section { heading, hint, rows: Vec::new() }
}

/// What is to be said about the list before it is read.
fn notes(t: &T, asked: &Asked, filter: &DeskFilter, late: bool) -> Vec<String> {
    let nothing = !asked.q.trim().is_empty() && filter.words.is_none() && filter.place.is_none();
    let said = [(nothing, "cases-desk-no-words"), (late, "cases-desk-late")];
    said.into_iter().filter(|(holds, _)| *holds).map(|(_, key)| t.s(key).into_owned()).collect()
}

/// Where the list may be narrowed to: the places above the chosen one as far as the actor reaches, and those under it.
async fn places(c: &mut Conn<'_>, neighbours: &dyn Neighbours, scope: &Scope, here: &PlacePath) -> Result<Vec<Choice>, AppError> {
    let around = neighbours.places_around(c, scope.district, here).await.map_err(store)?;
    let above = around.above.into_iter().filter(|(place, _)| scope.contains(scope.district, place) && *place != scope.place);
    let named = |(place, name): (PlacePath, String)| {
        let depth = place.depth().saturating_sub(scope.place.depth() + 1);
        Choice::new(place.as_str(), format!("{}{name}", "\u{3000}".repeat(depth)))
    };
    Ok(above.chain(around.under).map(named).collect())
}

impl Form {
    fn of(asked: &Asked, t: &T) -> Self {
        let states = CaseState::ALL.iter().skip(1);
        let roles = Role::ALL.into_iter().filter(|role| role.acts() && *role != Role::Administrator);
        Self {
            states: states.map(|state| Choice::new(state.as_str(), words::desk_state_word(t, *state))).collect(),
            classes: Vec::new(),
            channels: CHANNELS
                .into_iter()
                .map(|channel| Choice::new(channel.as_str(), t.s(words::channel_key(channel))))
                .collect(),
            roles: roles.map(|role| Choice::new(role.as_str(), t.s(&format!("role-{role}")))).collect(),
            places: Vec::new(),
            narrowed: asked.narrowed(),
            clear: Asked { view: asked.view.clone(), ..Asked::default() }.href(&[]),
            asked: asked.clone(),
        }
    }
}
