//! Cases as rows of the own format, page by page, without anybody's contact. What goes out comes in again unchanged.

use std::collections::HashMap;

use linli_access::{Action, Ctx, Resource, Scope};
use linli_db::Conn;
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_rulebook::Rulebook;
use uuid::Uuid;

use crate::discretion::kept_from;
use crate::error::CasesError;
use crate::import::OWN_SYSTEM;
use crate::model::{Case, CaseId, MessageClass, MessageClassId};
use crate::neighbourhood::territory;
use crate::queries;
use crate::rules::Rules;
use crate::store::lists::every_case;

/// Rows of a page.
const PAGE: i64 = 1_000;

/// The columns.
pub const CASES: &[&str] = &[
    "system",
    "external_id",
    "place",
    "class",
    "title",
    "description",
    "status",
    "state",
    "reported_at",
    "due_at",
    "closed_at",
    "lon",
    "lat",
    "crs",
    "source",
    "message_class",
    "matter",
];

/// A page of rows in the order of [`CASES`], and the case after which the next one begins; `None` after the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Vec<String>>,
    /// Pass it as `after` for the next page.
    pub next: Option<CaseId>,
}

/// Cases of a scope in the order of their reports. Times are Beijing time to the second, a place is its natural key (its path when
/// it exists no more), and `system` is ours for cases that were reported here. All three classifications go along: the class of reports,
/// the path of the 12345 class where one was chosen, the matter that was chosen or that the rules of today map it to. What is kept from the
/// actor does not go along.
///
/// # Errors
/// `Denied`, store errors.
pub async fn cases(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    book: &Rulebook,
    scope: &Scope,
    after: Option<CaseId>,
) -> Result<Page, CasesError> {
    ctx.may(Action::Export, Resource::Case, scope.district, &scope.place)?;
    let found = every_case(c, scope.district, after.unwrap_or(CaseId(Uuid::nil())), PAGE).await?;
    let full = i64::try_from(found.len()).is_ok_and(|n| n >= PAGE);
    let next = full.then(|| found.last().map(|case| case.id)).flatten();
    let mut keys: HashMap<PlacePath, String> = HashMap::new();
    let messages = messages(c, scope.district, &found).await?;
    let mut rows = Vec::with_capacity(found.len());
    for case in found.into_iter().filter(|case| scope.place.contains(&case.place) && !kept_from(ctx, case)) {
        if !keys.contains_key(&case.place) {
            let place = linli_territory::queries::place_at(c, scope.district, &case.place).await.map_err(territory)?;
            keys.insert(case.place.clone(), place.map_or_else(|| case.place.to_string(), |p| p.code));
        }
        let place = keys.get(&case.place).cloned().unwrap_or_default();
        let message = case.message_class.and_then(|id| messages.get(&id));
        let rules = Rules::at(book, &case.place, ctx.now())?;
        let matter = queries::matter_of(&rules, &case, message).map(|(matter, _)| matter.code.clone()).unwrap_or_default();
        let codes = (message.map(|message| message.path.to_string()).unwrap_or_default(), matter);
        rows.push(row(case, place, codes));
    }
    Ok(Page { rows, next })
}

/// The 12345 classes of a page, each read once.
async fn messages(
    c: &mut Conn<'_>,
    district: DistrictId,
    cases: &[Case],
) -> Result<HashMap<MessageClassId, MessageClass>, CasesError> {
    let mut known = HashMap::new();
    for id in cases.iter().filter_map(|case| case.message_class) {
        if !known.contains_key(&id)
            && let Some(class) = queries::message_class(c, district, id).await?
        {
            known.insert(id, class);
        }
    }
    Ok(known)
}

fn row(case: Case, place: String, (message, matter): (String, String)) -> Vec<String> {
    let state = case.state.as_str().to_owned();
    let (system, id) = match (case.external_system, case.external_id) {
        (Some(system), Some(id)) => (system, id),
        _ => (OWN_SYSTEM.to_owned(), case.number),
    };
    let degrees = |e7: Option<i64>| e7.map(decimal).unwrap_or_default();
    vec![
        system,
        id,
        place,
        case.class,
        case.title,
        case.description,
        case.external_status.unwrap_or_else(|| state.clone()),
        state,
        moment(Some(case.reported_at)),
        moment(case.due_at),
        moment(case.external_closed_at.or(case.closed_at)),
        degrees(case.lon_e7),
        degrees(case.lat_e7),
        case.lon_e7.map(|_| "wgs84".to_owned()).unwrap_or_default(),
        case.channel,
        message,
        matter,
    ]
}

fn moment(at: Option<Ts>) -> String {
    at.map(|at| at.local().strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

/// 1e-7 degrees as degrees.
fn decimal(e7: i64) -> String {
    let sign = if e7 < 0 { "-" } else { "" };
    let all = e7.unsigned_abs();
    format!("{sign}{}.{:07}", all / 10_000_000, all % 10_000_000)
}
