//! The public page "where can I go now" (现在去哪看).

use askama::Template;
use axum::extract::{Query, State};
use linli_board::BoardCode;
use linli_db::Conn;
use linli_geo::Point;
use linli_hall::Hall;
use linli_kernel::{DistrictId, PlaceLevel, PlacePath};
use linli_territory::model::District;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, Page, RequestInfo, Shell, T};
use serde::Deserialize;

use super::network::{crowd, hours_line, open_badge};
use crate::error_network::NetworkError;
use crate::model::Lane;
use crate::queries::clinics::{Clinic, Wanted, clinics};

/// What somebody asks for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    at: String,
    #[serde(default)]
    district: String,
    #[serde(default)]
    open: String,
    #[serde(default, rename = "for")]
    who: String,
    #[serde(default)]
    medicine: String,
    /// Whether the form was sent: an empty address shows what is open.
    #[serde(default)]
    asked: String,
}

/// A clinic as a row.
struct Row {
    name: String,
    unit: String,
    address: String,
    far: String,
    open: (&'static str, String),
    hours: String,
    crowd: (&'static str, String),
    phone: String,
    online: String,
    tags: Vec<String>,
}

#[derive(Template)]
#[template(path = "network-clinics.html")]
struct ClinicsPage {
    shell: Shell,
    t: T,
    asked: Asked,
    who: Vec<Choice>,
    chosen: &'static str,
    districts: Vec<Choice>,
    district: String,
    /// What is asked about, in words.
    near: String,
    /// Why the place was not found.
    wrong: String,
    rows: Vec<Row>,
    open_now: bool,
    /// Whether it must be said where, because there are several districts.
    which: bool,
    /// Whether any of the rows has a telephone.
    calls: bool,
    /// How many more there are than are shown.
    more: usize,
}

/// The most that are shown.
const SHOWN: usize = 30;

/// `GET /clinics`.
pub(crate) async fn show(
    info: RequestInfo,
    State(hall): State<Hall>,
    Query(asked): Query<Asked>,
) -> Result<Page<impl Template>, AppError> {
    let (t, now) = (info.t().clone(), info.now());
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let mut served = linli_territory::queries::districts(c).await.map_err(NetworkError::from)?;
    served.retain(|district| district.id != DistrictId::CITY);
    let found = find(c, &served, &asked).await?;
    let open_now = asked.asked.is_empty() || asked.open == "1";
    let wanted = Wanted { open_now, child: asked.who == "child", medicine_only: asked.medicine == "1" };
    let (near, wrong) = match &found {
        Near::Place(_, _, _, name) => (name.clone(), String::new()),
        Near::District(_) | Near::Nowhere => (String::new(), String::new()),
        Near::Unknown => (String::new(), t.s("network-clinics-unknown").into_owned()),
    };
    let all: Vec<Clinic> = match &found {
        Near::Place(district, path, point, _) => clinics(c, *district, (Some(path), *point), wanted, now).await?,
        Near::District(district) => clinics(c, *district, (None, None), wanted, now).await?,
        Near::Nowhere | Near::Unknown => Vec::new(),
    };
    let more = all.len().saturating_sub(SHOWN);
    let rows: Vec<Row> = all.into_iter().take(SHOWN).map(|one| row(&t, one, now)).collect();
    let chosen = match &found {
        Near::Place(district, ..) | Near::District(district) => Some(*district),
        _ => None,
    };
    let code = chosen.and_then(|id| served.iter().find(|one| one.id == id)).map(|one| one.division.clone()).unwrap_or_default();
    Ok(Page(ClinicsPage {
        shell: Shell::new(&info, t.s("network-clinics-title")),
        chosen: if wanted.child { "child" } else { "grown" },
        who: ["grown", "child"].map(|who| Choice::new(who, t.s(&format!("network-for-{who}")).into_owned())).into(),
        districts: served.iter().map(|one| Choice::new(one.division.clone(), one.name.clone())).collect(),
        district: code,
        near,
        wrong,
        which: matches!(found, Near::Nowhere),
        calls: rows.iter().any(|row| !row.phone.is_empty()),
        rows,
        open_now,
        more,
        asked,
        t,
    }))
}

/// What an address or a code means.
enum Near {
    /// A place of a district, with its point when one is known, and its name.
    Place(DistrictId, PlacePath, Option<Point>, String),
    /// A whole district.
    District(DistrictId),
    /// Nothing was asked, and there are several districts.
    Nowhere,
    /// Nothing is called that.
    Unknown,
}

/// The place of the code at a door, else of a name or key in the district that is named, or in the only one.
async fn find(c: &mut Conn<'_>, served: &[District], asked: &Asked) -> Result<Near, AppError> {
    let typed = asked.at.trim();
    let named = served.iter().find(|one| one.division == asked.district).or(match served {
        [only] => Some(only),
        _ => None,
    });
    if typed.is_empty() {
        return Ok(named.map_or(Near::Nowhere, |one| Near::District(one.id)));
    }
    if let Ok(code) = typed.parse::<BoardCode>()
        && let Some((district, path)) = linli_board::queries::place_of_code(c, &code).await?
    {
        return at(c, district, path).await;
    }
    for said in spellings(typed) {
        for one in served.iter().filter(|one| named.is_none_or(|named| named.id == one.id)) {
            if let Some(place) = linli_territory::queries::place_meant(c, one.id, &said).await.map_err(NetworkError::from)? {
                return at(c, one.id, place.path).await;
            }
        }
    }
    Ok(Near::Unknown)
}

/// What somebody may mean who leaves out what kind of place it is, or takes one for another: 锁金村 and 锁金村社区 are 锁金村街道 where nothing else is called so.
fn spellings(typed: &str) -> Vec<String> {
    const KINDS: [&str; 5] = ["社区", "街道", "村", "镇", "乡"];
    let bare = KINDS.iter().find_map(|kind| typed.strip_suffix(kind)).filter(|bare| bare.chars().count() > 1);
    let mut all = vec![typed.to_owned()];
    for base in std::iter::once(typed).chain(bare) {
        all.extend(KINDS.iter().map(|kind| format!("{base}{kind}")));
    }
    all.extend(bare.map(str::to_owned));
    all
}

async fn at(c: &mut Conn<'_>, district: DistrictId, path: PlacePath) -> Result<Near, AppError> {
    let estate = path.at_level(PlaceLevel::Estate);
    let known = linli_territory::queries::estate_at(c, district, &estate).await.map_err(NetworkError::from)?;
    let shown = if known.is_some() { estate } else { path.clone() };
    let names =
        linli_territory::queries::names_at(c, district, std::slice::from_ref(&shown)).await.map_err(NetworkError::from)?;
    let name = names.into_values().next().map(|named| named.name).unwrap_or_default();
    Ok(Near::Place(district, path, known.and_then(|estate| estate.point), name))
}

fn row(t: &T, one: Clinic, now: linli_kernel::Ts) -> Row {
    let unit = &one.now.unit;
    let mut tags = vec![
        t.s(&format!("network-unit-{}", unit.kind)).into_owned(),
        t.s(&format!("network-serves-{}", unit.serves)).into_owned(),
    ];
    if unit.lane == Lane::MedicineOnly {
        tags.push(t.s("network-lane-medicine_only").into_owned());
    }
    let far = one.metres.map(|metres| {
        if metres < 1_000 {
            t.n("network-metres", metres)
        } else {
            t.v("network-kilometres", "km", format!("{}.{}", metres / 1_000, metres % 1_000 / 100))
        }
    });
    Row {
        open: open_badge(t, &one.now.open, now),
        hours: hours_line(t, &one.now),
        crowd: crowd(t, one.now.crowding, now),
        unit: unit.name.clone(),
        online: unit.online.clone().unwrap_or_default(),
        far: far.unwrap_or_default(),
        name: one.institution.name,
        address: one.institution.address,
        phone: one.institution.phone.unwrap_or_default(),
        tags,
    }
}

#[cfg(test)]
mod tests {
    use super::spellings;

    #[test]
    fn the_kind_of_a_place_may_be_left_out_or_taken_for_another() {
        assert_eq!(spellings("锁金村").first().map(String::as_str), Some("锁金村"), "as it was typed before anything else");
        for typed in ["锁金村", "锁金村社区", "锁金村街道"] {
            assert!(spellings(typed).contains(&"锁金村街道".to_owned()), "{typed}");
        }
        assert!(!spellings("东村").contains(&"东".to_owned()), "one character is no name");
    }
}
