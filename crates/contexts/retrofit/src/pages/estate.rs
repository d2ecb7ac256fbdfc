//! The progress of an estate for those who live there (小区进度): no home, no name; renovation items with photos before and after.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use linli_hall::Hall;
use linli_kernel::{DistrictId, PlacePath};
use linli_webkit::view::Thumb;
use linli_webkit::{AppError, Page, RequestInfo, Shell, T};

use super::{office, source, stage_tone};
use crate::error::RetrofitError;
use crate::model::{Item, ItemId, ItemPhoto, Moment, Stage};
use crate::queries;
use crate::rules::Renovation;

struct LiftRow {
    title: String,
    line: String,
    tone: &'static str,
    word: String,
}

pub(crate) struct ItemRow {
    pub(crate) title: String,
    pub(crate) line: String,
    pub(crate) money: String,
    pub(crate) tone: &'static str,
    pub(crate) word: String,
    pub(crate) photos: Vec<Thumb>,
}

struct StageCount {
    word: String,
    tone: &'static str,
    n: usize,
}

#[derive(Template)]
#[template(path = "lift-estate.html")]
struct EstatePage {
    shell: Shell,
    t: T,
    name: String,
    count: String,
    all: bool,
    of_estate: String,
    stages: Vec<StageCount>,
    lifts: Vec<LiftRow>,
    items: Vec<ItemRow>,
    source: String,
}

/// The colour of how far an item is.
pub(crate) const fn item_tone(state: crate::model::ItemState) -> &'static str {
    use crate::model::ItemState;
    match state {
        ItemState::Accepted => "well",
        ItemState::Finished | ItemState::Working => "info",
        ItemState::Asking | ItemState::Planned => "soon",
        ItemState::Dropped => "",
    }
}

/// What an item is called: by its own words, or as the list has it.
pub(crate) fn item_name(t: &T, rules: &Renovation, item: &Item) -> String {
    let lang = t.locale().tag();
    let listed = rules.items(lang).find(|(_, code, _)| *code == item.code).map_or(item.code.as_str(), |(_, _, name)| name);
    if item.title.is_empty() { listed.to_owned() } else { format!("{listed} · {}", item.title) }
}

/// An item as everybody may see it.
pub(crate) fn item_row(t: &T, rules: &Renovation, (item, photos): (&Item, &[ItemPhoto])) -> ItemRow {
    let thumb = |photo: &ItemPhoto| {
        let base = format!("/renovation/photos/{}/{}/{}", item.district, item.id, photo.no);
        let alt = t.s(&format!("renovation-moment-{}", photo.moment)).into_owned();
        Thumb { href: format!("{base}/large"), src: format!("{base}/small"), alt }
    };
    // Before stands before after.
    let mut sorted: Vec<&ItemPhoto> = photos.iter().collect();
    sorted.sort_by_key(|photo| (photo.moment == Moment::After, photo.no));
    let parts = item.funding.parts().into_iter().filter(|(_, fen)| *fen > 0);
    let money = parts.map(|(who, fen)| {
        t.with(
            "renovation-funded",
            &[("who", t.s(&format!("renovation-{who}")).into_owned().into()), ("yuan", super::plain(fen).into())],
        )
    });
    ItemRow {
        title: item_name(t, rules, item),
        line: t.with(
            "renovation-line",
            &[("class", t.s(&format!("renovation-class-{}", item.class)).into_owned().into()), ("percent", item.percent.into())],
        ),
        money: money.collect::<Vec<_>>().join(&t.s("lift-list-comma")),
        tone: item_tone(item.state),
        word: t.s(&format!("renovation-state-{}", item.state)).into_owned(),
        photos: sorted.into_iter().map(thumb).collect(),
    }
}

/// `GET /lifts/estate/{district}/{path}`.
pub(crate) async fn show(
    info: RequestInfo,
    State(hall): State<Hall>,
    Path((district, path)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let (t, office) = (info.t().clone(), office(&hall)?);
    let district = DistrictId(district.parse().map_err(|_| RetrofitError::NotFound)?);
    let place: PlacePath = path.parse().map_err(|_| RetrofitError::NotFound)?;
    let found = {
        let mut read = hall.read().await?;
        queries::progress(&mut read.conn(), &office, (district, &place), hall.now()).await?
    };
    let signed = found.signed();
    let lift = |line: &queries::Line| LiftRow {
        title: line.project.title.split_once(' ').map_or(line.project.title.as_str(), |(_, rest)| rest).to_owned(),
        line: t.with("lift-public-line", &[("homes", line.homes.into()), ("agree", line.agree.into())]),
        tone: stage_tone(line.project.stage),
        word: t.s(&format!("lift-stage-{}", line.project.stage)).into_owned(),
    };
    let stage = |stage: &Stage| StageCount {
        word: t.s(&format!("lift-stage-{stage}")).into_owned(),
        tone: stage_tone(*stage),
        n: found.lifts.iter().filter(|line| line.project.stage == *stage).count(),
    };
    let mut lifts: Vec<&queries::Line> = found.lifts.iter().collect();
    lifts.sort_by(|one, other| linli_territory::queries::as_people_sort(&one.project.title, &other.project.title));
    let page = EstatePage {
        shell: Shell::new(&info, t.v("lift-estate-title", "name", &found.name)),
        count: t.with("lift-count", &[("signed", signed.into()), ("all", found.lifts.len().into())]),
        all: signed == found.lifts.len(),
        of_estate: t.n("lift-of-estate", found.entrances),
        stages: Stage::ALL.iter().map(stage).filter(|stage| stage.n > 0).collect(),
        lifts: lifts.into_iter().map(lift).collect(),
        items: found.items.iter().map(|(item, photos)| item_row(&t, &found.rules.value, (item, photos))).collect(),
        source: source(&t, &found.rules.stamp),
        name: found.name,
        t,
    };
    Ok(Page(page).into_response())
}

/// `GET /renovation/photos/{district}/{id}/{no}/{size}`.
pub(crate) async fn photo(
    State(hall): State<Hall>,
    Path((district, id, no, size)): Path<(String, String, String, String)>,
) -> Result<Response, AppError> {
    let missing = || RetrofitError::NotFound;
    let district = DistrictId(district.parse().map_err(|_| missing())?);
    let id: ItemId = id.parse().map_err(|_| missing())?;
    let no: i64 = no.parse().map_err(|_| missing())?;
    let small = match size.as_str() {
        "small" => true,
        "large" => false,
        _ => return Err(missing().into()),
    };
    let hash = {
        let mut read = hall.read().await?;
        queries::item_photo(&mut read.conn(), district, id, (no, small)).await?
    };
    let bytes = hall.db().blobs().get(hash).await.map_err(linli_hall::store_error)?.ok_or_else(AppError::not_found)?;
    Ok(([(CONTENT_TYPE, "image/jpeg"), (CACHE_CONTROL, "public, max-age=86400")], bytes).into_response())
}
