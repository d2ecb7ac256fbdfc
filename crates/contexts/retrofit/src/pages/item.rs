//! A renovation item: consent by building, funding, progress with photos, acceptance by those who live there.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use linli_hall::{Caller, Hall};
use linli_webkit::view::{Choice, Thumb};
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::estate::{item_name, item_row, item_tone};
use super::items::{funding, funds};
use super::{answered, keep_photo, number, office, plain, private, run, source, word};
use crate::commands::items::{self as commands, Progress};
use crate::error::RetrofitError;
use crate::model::{ItemId, ItemState, Moment, NoteKind};
use crate::queries;

struct ConsentRow {
    building: String,
    line: String,
    tone: &'static str,
    word: String,
}

struct NoteRow {
    head: String,
    said: String,
}

#[derive(Template)]
#[template(path = "renovation-item.html")]
struct ItemPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    href: String,
    title: String,
    line: String,
    tone: &'static str,
    word: String,
    funds: Vec<(&'static str, String, String)>,
    total: String,
    consents: Vec<ConsentRow>,
    buildings: Vec<Choice>,
    notes: Vec<NoteRow>,
    photos: Vec<Thumb>,
    works: bool,
    asks: bool,
    goes_on: bool,
    accepts: bool,
    percent: String,
    public: String,
    source: String,
}

impl ItemPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }

    fn percent(&self) -> &str {
        match self.form.typed("percent") {
            "" => &self.percent,
            typed => typed,
        }
    }
}

fn item_id(id: &str) -> Result<ItemId, RetrofitError> {
    id.parse().map_err(|_| RetrofitError::NotFound)
}

async fn page(caller: &Caller, hall: &Hall, id: &str, (form, problems): (&FormMap, Problems)) -> Result<ItemPage, AppError> {
    let (t, office) = (caller.info.t().clone(), office(hall)?);
    let whole = {
        let mut read = hall.read().await?;
        queries::item(&caller.ctx, &mut read.conn(), &office, item_id(id)?).await?
    };
    let (item, rules) = (&whole.item, &whole.rules.value);
    let row = item_row(&t, rules, (item, &whole.photos));
    let consent = |one: &crate::model::BuildingConsent| {
        let building =
            whole.buildings.iter().find(|(path, _)| *path == one.place).map(|(_, name)| name.clone()).unwrap_or_default();
        let enough = rules.enough(one.agreed, one.homes);
        ConsentRow {
            building,
            line: t.with(
                "renovation-consent-line",
                &[("agreed", one.agreed.into()), ("homes", one.homes.into()), ("day", one.day.as_str().into())],
            ),
            tone: if enough { "well" } else { "soon" },
            word: t.s(if enough { "renovation-enough" } else { "renovation-not-enough" }).into_owned(),
        }
    };
    let note = |one: &crate::model::Note| {
        let head = match one.kind {
            NoteKind::Acceptance => t.with(
                "renovation-accepted-line",
                &[("day", one.day.as_str().into()), ("present", one.present.into()), ("content", one.content.into())],
            ),
            NoteKind::Progress | NoteKind::State => {
                t.with("renovation-progress-line", &[("day", one.day.as_str().into()), ("percent", one.percent.into())])
            }
        };
        NoteRow { head, said: one.said.clone() }
    };
    let amounts = funds(&t).into_iter().zip(item.funding.parts());
    let over = matches!(item.state, ItemState::Accepted | ItemState::Dropped);
    Ok(ItemPage {
        shell: caller.shell(item_name(&t, rules, item)),
        href: format!("/renovation/{id}"),
        title: item_name(&t, rules, item),
        line: format!("{} · {}", whole.estate, row.line),
        tone: item_tone(item.state),
        word: row.word,
        funds: amounts.map(|((who, text), (_, fen))| (who, text, plain(fen))).collect(),
        total: item.funding.total().map(|fen| t.v("lift-yuan", "yuan", plain(fen))).unwrap_or_default(),
        consents: whole.consents.iter().map(consent).collect(),
        buildings: whole.buildings.iter().map(|(path, name)| Choice::new(path.to_string(), name.clone())).collect(),
        notes: whole.notes.iter().map(note).collect(),
        photos: row.photos,
        works: whole.works,
        asks: whole.works && matches!(item.state, ItemState::Asking | ItemState::Planned),
        goes_on: whole.works && !over,
        accepts: whole.works && item.state == ItemState::Finished,
        percent: item.percent.to_string(),
        public: queries::progress_href(item.district, &item.place),
        source: source(&t, &whole.rules.stamp),
        form: form.clone(),
        problems,
        t,
    })
}

/// `GET /renovation/{id}`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, &id, (&FormMap::default(), Problems::default())).await?)))
}

async fn answer(
    caller: &Caller,
    hall: &Hall,
    id: &str,
    (form, done): (&FormMap, Result<(), AppError>),
) -> Result<Response, AppError> {
    answered(done, &format!("/renovation/{id}"), async |problems| page(caller, hall, id, (form, problems)).await).await
}

/// `POST /renovation/{id}/fund`.
pub(crate) async fn fund(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = async {
        let (item, funding) = (item_id(&id)?, funding(&form)?);
        run!(caller, hall, tx => commands::fund(&caller.ctx, tx, item, funding))
    };
    let done = done.await;
    answer(&caller, &hall, &id, (&form, done)).await
}

/// `POST /renovation/{id}/ask`.
pub(crate) async fn ask(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = async {
        let item = item_id(&id)?;
        let building = word(&form, "building")?;
        let (agreed, homes) = (number(&form, "agreed", (0, 5_000))?, number(&form, "homes", (1, 5_000))?);
        let what = (&building, agreed, homes, form.typed("asked_on"));
        run!(caller, hall, tx => commands::ask(&caller.ctx, tx, item, what))
    };
    let done = done.await;
    answer(&caller, &hall, &id, (&form, done)).await
}

/// `POST /renovation/{id}/progress`.
pub(crate) async fn progress(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = async {
        let (item, office) = (item_id(&id)?, office(&hall)?);
        let percent = number(&form, "percent", (0, 100))?;
        {
            let mut read = hall.read().await?;
            queries::item(&caller.ctx, &mut read.conn(), &office, item).await?;
        }
        let mut photos = Vec::new();
        for (field, moment) in [("before", Moment::Before), ("after", Moment::After)] {
            photos.extend(keep_photo(&hall, &form, field).await?.map(|photo| (photo, moment)));
        }
        let new = Progress { percent, day: form.typed("on_day"), said: form.typed("said"), photos };
        run!(caller, hall, tx => commands::progress(&caller.ctx, tx, &office, item, new))
    };
    let done = done.await;
    answer(&caller, &hall, &id, (&form, done)).await
}

/// `POST /renovation/{id}/accept`.
pub(crate) async fn accept(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = async {
        let item = item_id(&id)?;
        let (present, content) = (number(&form, "present", (1, 5_000))?, number(&form, "content", (0, 5_000))?);
        let what = (form.typed("on_day"), present, content, form.typed("said"));
        run!(caller, hall, tx => commands::accept(&caller.ctx, tx, item, what))
    };
    let done = done.await;
    answer(&caller, &hall, &id, (&form, done)).await
}
