//! The page of the rules: every pack, whether it counts, and where it comes from.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use linli_access::Action;
use linli_db::Conn;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, Ts};
use linli_rulebook::{Origin, Rulebook, Stamp};
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};
use serde::Deserialize;

use super::{Refused, at_field, handed_in, may, source_words, standing};
use crate::model::{PackId, StoredPack};
use crate::{commands, queries};

struct PackCard {
    name: String,
    id: String,
    version: String,
    validity: String,
    place: String,
    citation: String,
    url: String,
    note: String,
    verified: bool,
    tone: &'static str,
    state: String,
    source: String,
    digest: String,
    /// The id in the store, of packs that were brought in.
    withdraw: String,
}

#[derive(Template)]
#[template(path = "settings-rules.html")]
pub(crate) struct RulesPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    said: String,
    may: bool,
    refused: Vec<Refused>,
    packs: Vec<PackCard>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Just {
    #[serde(default)]
    said: String,
}

/// `GET /admin/rules`.
pub(crate) async fn show(
    caller: Caller,
    State(hall): State<Hall>,
    Query(just): Query<Just>,
) -> Result<Page<RulesPage>, AppError> {
    let said = match just.said.as_str() {
        "taken" => "settings-said-pack-taken",
        "replaced" => "settings-said-pack-replaced",
        "same" => "settings-said-same",
        "withdrawn" => "settings-said-withdrawn",
        _ => "",
    };
    Ok(Page(page(&caller, &hall, said, FormMap::default(), Problems::default()).await?))
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    said: &'static str,
    form: FormMap,
    problems: Problems,
) -> Result<RulesPage, AppError> {
    let t = caller.info.t().clone();
    let book = standing(hall)?.book();
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let stored: HashMap<String, StoredPack> =
        queries::packs(c).await?.into_iter().map(|pack| (pack.digest.clone(), pack)).collect();
    let mut packs = Vec::new();
    for stamp in book.stamps() {
        let brought = stored.get(&stamp.digest).filter(|_| stamp.origin == Origin::Local);
        packs.push(card(c, &t, (&book, stamp), brought, hall.now()).await?);
    }
    Ok(RulesPage {
        shell: caller.shell(t.s("settings-rules-title")),
        said: if said.is_empty() { String::new() } else { t.s(said).into_owned() },
        may: may(caller, Action::Import),
        refused: queries::refused(c, "rules").await?.into_iter().map(Refused::from).collect(),
        packs,
        problems,
        form,
        t,
    })
}

async fn card(
    c: &mut Conn<'_>,
    t: &T,
    (book, stamp): (&Rulebook, &Stamp),
    brought: Option<&StoredPack>,
    now: Ts,
) -> Result<PackCard, AppError> {
    let today = now.local().date();
    let counts = book.stamp(&stamp.id, &stamp.place, now).is_ok_and(|in_force| in_force == stamp);
    let (key, tone) = if counts {
        ("settings-pack-counts", "well")
    } else if stamp.valid_from > today {
        ("settings-pack-to-come", "info")
    } else if stamp.valid_to.is_some_and(|to| to < today) {
        ("settings-pack-over", "")
    } else {
        ("settings-pack-behind", "")
    };
    let from = stamp.valid_from.to_string();
    let validity = match stamp.valid_to {
        Some(to) => t.with("settings-valid-between", &[("from", from.into()), ("to", to.to_string().into())]),
        None => t.v("settings-valid-from", "from", from),
    };
    let place = match stamp.place.depth() {
        0 => t.s("settings-everywhere").into_owned(),
        _ => place_words(c, stamp).await?,
    };
    let name_key = format!("settings-pack-{}", stamp.id.replace('.', "-"));
    Ok(PackCard {
        name: t.opt(&name_key).map_or_else(|| stamp.id.clone(), Into::into),
        id: stamp.id.clone(),
        version: stamp.version.clone(),
        validity,
        place,
        citation: [Some(stamp.citation.title_in(t.locale().tag())), stamp.citation.article.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" "),
        url: stamp
            .citation
            .url
            .clone()
            .filter(|url| url.starts_with("https://") || url.starts_with("http://"))
            .unwrap_or_default(),
        note: stamp.citation.note.clone().unwrap_or_default(),
        verified: stamp.verified,
        tone,
        state: t.s(key).into_owned(),
        source: match brought {
            Some(pack) => source_words(t, &pack.source, pack.taken_at),
            None => t.s("settings-shipped").into_owned(),
        },
        digest: stamp.digest.clone(),
        withdraw: brought.map(|pack| pack.id.to_string()).unwrap_or_default(),
    })
}

async fn place_words(c: &mut Conn<'_>, stamp: &Stamp) -> Result<String, AppError> {
    let district = linli_territory::queries::district_of_path(c, &stamp.place).await?;
    let crumbs = linli_territory::queries::crumbs(c, district.unwrap_or(DistrictId::CITY), &stamp.place).await?;
    let names: Vec<String> = crumbs.into_iter().map(|crumb| crumb.name).collect();
    Ok(if names.is_empty() { stamp.place.to_string() } else { names.join(" · ") })
}

/// `GET /admin/rules/packs/{key}`: the text of a pack by its digest, for reading and for changing.
pub(crate) async fn text(_: Caller, State(hall): State<Hall>, Path(digest): Path<String>) -> Result<Response, AppError> {
    let book = standing(&hall)?.book();
    let in_book = book.texts().find(|(stamp, _)| stamp.digest == digest).map(|(_, text)| text.to_owned());
    let text = match in_book {
        Some(text) => text,
        None => queries::text_of(&mut hall.read().await?.conn(), &digest).await?.ok_or_else(AppError::not_found)?,
    };
    let name =
        format!("attachment; filename=\"{}.toml\"", digest.chars().filter(char::is_ascii_alphanumeric).collect::<String>());
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)], text).into_response())
}

/// `POST /admin/rules`.
pub(crate) async fn take(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    match try_take(&caller, &hall, &form).await {
        Ok(taken) => {
            standing(&hall)?.refresh(hall.db(), hall.now()).await?;
            let said = match (taken.changed, taken.replaced.is_empty()) {
                (false, _) => "same",
                (true, true) => "taken",
                (true, false) => "replaced",
            };
            Ok(Redirect::to(&format!("/admin/rules?said={said}")).into_response())
        }
        Err(error) => {
            let problems = error.into_problems()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page(&caller, &hall, "", form, problems).await?)).into_response())
        }
    }
}

async fn try_take(caller: &Caller, hall: &Hall, form: &FormMap) -> Result<commands::Taken, AppError> {
    let field = if form.files("pack_file").next().is_some() { "pack_file" } else { "pack_text" };
    let (name, text) = handed_in(form, "pack_file", "pack_text")?;
    let name = if name.is_empty() { "typed.toml".to_owned() } else { name };
    let standing = standing(hall)?;
    let mut tx = hall.begin(DistrictId::CITY).await?;
    let taken = commands::take_pack(&caller.ctx, &mut tx, &standing, (&name, &text), "page").await;
    let taken = taken.map_err(|error| at_field(error, field))?;
    hall.commit(tx).await?;
    Ok(taken)
}

/// `POST /admin/rules/packs/{key}/withdraw`.
pub(crate) async fn withdraw(caller: Caller, State(hall): State<Hall>, Path(id): Path<PackId>) -> Result<Redirect, AppError> {
    let standing = standing(&hall)?;
    let mut tx = hall.begin(DistrictId::CITY).await?;
    commands::withdraw_pack(&caller.ctx, &mut tx, &standing, id).await?;
    hall.commit(tx).await?;
    standing.refresh(hall.db(), hall.now()).await?;
    Ok(Redirect::to("/admin/rules?said=withdrawn"))
}
