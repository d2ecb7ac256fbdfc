//! On paper: the letter to a home, the agreement pack of a stairwell; and the photos of papers.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use linli_db::BlobHash;
use linli_hall::{Caller, Hall};
use linli_kernel::{Fen, PlacePath};
use linli_webkit::{AppError, Page, Shell, T, qr_svg};

use super::house::{FloorRow, suns};
use super::schemes::{facts, pays};
use super::{home_name, lift_id, private, whole};
use crate::error::RetrofitError;
use crate::model::{Scheme, Stance};
use crate::queries::{self, Whole};
use crate::rules::light::Lit;

struct Fact {
    label: String,
    text: String,
}

struct WindowLine {
    text: String,
}

#[derive(Template)]
#[template(path = "lift-letter.html")]
struct LetterPage {
    shell: Shell,
    t: T,
    back: String,
    stairwell: String,
    home: String,
    counts: String,
    rule: String,
    facts: Vec<Fact>,
    pays: String,
    more: String,
    windows: Vec<WindowLine>,
    scheme: String,
    inherits: String,
    qr: String,
    address: String,
    day: String,
}

struct PackRow {
    home: String,
    area: String,
    share: String,
    compensation: String,
    net: String,
    yearly: String,
    signed: String,
}

#[derive(Template)]
#[template(path = "lift-pack.html")]
struct PackPage {
    shell: Shell,
    t: T,
    back: String,
    stairwell: String,
    scheme: String,
    facts: Vec<Fact>,
    rule: String,
    counts: String,
    rows: Vec<PackRow>,
    sums: PackRow,
    light: Vec<FloorRow>,
    has_light: bool,
    proof: String,
    day: String,
}

fn counts(t: &T, whole: &Whole) -> String {
    let agree = whole.last().into_iter().flatten().filter(|word| word.stance == Stance::Agree).count();
    t.with("lift-letter-counts", &[("homes", whole.homes.len().into()), ("agree", agree.into())])
}

fn fact_lines(t: &T, scheme: &Scheme) -> Vec<Fact> {
    let all = facts(t, scheme).into_iter().filter(|(_, text)| !text.is_empty());
    all.map(|(key, text)| Fact { label: t.s(key).into_owned(), text }).collect()
}

/// What a window loses, in a line.
pub(crate) fn window_line(t: &T, rules: &crate::rules::LightRules, lit: &Lit) -> String {
    let lang = t.locale().tag();
    let sky = t.with("lift-sky", &[("before", super::shown(lit.sky.0, 1).into()), ("after", super::shown(lit.sky.1, 1).into())]);
    let mut text = format!("{} · {} {sky}", t.s(&format!("lift-wall-{}", lit.at.wall)), t.s("lift-sky-label"));
    for ((before, after), day) in lit.sun.iter().zip(rules.days()) {
        let minutes = t.with("lift-minutes", &[("before", (*before).into()), ("after", (*after).into())]);
        text = format!("{text} · {} {minutes}", day.text(lang));
    }
    text
}

fn rule_line(t: &T, whole: &Whole) -> String {
    let rule = whole.consent.value.in_force();
    t.with("lift-rule", &[("rule", rule.text(t.locale().tag()).into()), ("source", rule.source.as_str().into())])
}

/// `GET /lifts/{id}/homes/{home}/letter`.
pub(crate) async fn letter(
    caller: Caller,
    State(hall): State<Hall>,
    Path((id, home)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let t = caller.info.t().clone();
    let whole = whole(&caller, &hall, &id).await?;
    let place: PlacePath = home.parse().map_err(|_| RetrofitError::NotFound)?;
    let at = whole.homes.iter().position(|one| one.place == place).ok_or(RetrofitError::NotFound)?;
    let one = whole.homes.get(at).ok_or(RetrofitError::NotFound)?;
    let scheme = whole.scheme(None);
    let part = scheme.and_then(|scheme| whole.shared(scheme).ok()).and_then(|shared| shared.parts.get(at).copied());
    let (first, more) = part.map(|part| pays(&t, part)).unwrap_or_default();
    let light = whole.lit(scheme);
    let windows = light.iter().flat_map(|light| light.of_home(one.floor, one.door));
    let address = format!("{}{}", hall.base_url(), queries::progress_href(whole.project.district, &whole.project.place));
    let page = LetterPage {
        shell: caller.shell(t.v("lift-letter-title", "home", home_name(&t, one))),
        back: format!("/lifts/{id}/homes/{home}"),
        stairwell: whole.project.title.clone(),
        home: home_name(&t, one),
        counts: counts(&t, &whole),
        rule: rule_line(&t, &whole),
        facts: scheme.map(|scheme| fact_lines(&t, scheme)).unwrap_or_default(),
        pays: first,
        more,
        windows: windows.map(|lit| WindowLine { text: window_line(&t, &whole.sun.value, lit) }).collect(),
        scheme: scheme.map(|scheme| scheme.body.name.clone()).unwrap_or_default(),
        inherits: if one.sold_on.is_some() { t.s("lift-inherits").into_owned() } else { String::new() },
        qr: qr_svg(&address)?,
        address,
        day: t.date(hall.now()),
        t,
    };
    Ok(private(Page(page)))
}

fn row(t: &T, whole: &Whole, (at, part): (usize, crate::rules::shares::Part)) -> PackRow {
    let home = whole.homes.get(at);
    // What was signed stands, whatever would be computed now.
    let signed = home.and_then(|home| home.signed);
    let (share, compensation) = signed.map_or((part.share, part.compensation), |signed| (signed.share, signed.compensation));
    PackRow {
        home: home.map(|home| home_name(t, home)).unwrap_or_default(),
        area: home.and_then(|home| home.area).map(|area| area.to_string()).unwrap_or_default(),
        share: Fen(share).to_string(),
        compensation: Fen(compensation).to_string(),
        net: Fen(share.saturating_sub(compensation)).to_string(),
        yearly: Fen(part.yearly).to_string(),
        signed: signed.map(|signed| crate::commands::day_of(signed.at)).unwrap_or_default(),
    }
}

/// `GET /lifts/{id}/pack`.
pub(crate) async fn pack(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let t = caller.info.t().clone();
    let whole = whole(&caller, &hall, &id).await?;
    let scheme = whole.schemes.iter().find(|scheme| Some(scheme.id) == whole.project.scheme).ok_or(RetrofitError::NotFound)?;
    let shared = whole.shared(scheme).map_err(RetrofitError::from)?;
    let standing = {
        let mut read = hall.read().await?;
        linli_record::queries::standing(&mut read.conn(), whole.project.district, whole.project.id.0)
            .await
            .map_err(RetrofitError::from)?
    };
    let light = whole.lit(Some(scheme)).map(|light| suns(&t, &whole, &light));
    let sum =
        |of: fn(&crate::rules::shares::Part) -> i64| Fen(shared.parts.iter().map(of).fold(0, i64::saturating_add)).to_string();
    let page = PackPage {
        shell: caller.shell(t.v("lift-pack-title", "title", &whole.project.title)),
        back: format!("/lifts/{id}"),
        stairwell: whole.project.title.clone(),
        scheme: scheme.body.name.clone(),
        facts: fact_lines(&t, scheme),
        rule: rule_line(&t, &whole),
        counts: counts(&t, &whole),
        rows: shared.parts.iter().copied().enumerate().map(|at| row(&t, &whole, at)).collect(),
        sums: PackRow {
            home: t.s("lift-sum").into_owned(),
            area: String::new(),
            share: sum(|part| part.share),
            compensation: sum(|part| part.compensation),
            net: sum(crate::rules::shares::Part::net),
            yearly: sum(|part| part.yearly),
            signed: String::new(),
        },
        has_light: light.is_some(),
        light: light.unwrap_or_default(),
        proof: linli_record::view::proof_print(&t, standing.as_ref(), hall.base_url()),
        day: t.date(hall.now()),
        t,
    };
    Ok(private(Page(page)))
}

/// `GET /lifts/{id}/papers/{hash}`.
pub(crate) async fn photo(
    caller: Caller,
    State(hall): State<Hall>,
    Path((id, hash)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let (lift, hash): (_, BlobHash) = (lift_id(&id)?, hash.parse().map_err(|_| RetrofitError::NotFound)?);
    let hash = {
        let mut read = hall.read().await?;
        queries::paper(&caller.ctx, &mut read.conn(), lift, hash).await?
    };
    let bytes = hall.db().blobs().get(hash).await.map_err(linli_hall::store_error)?.ok_or_else(AppError::not_found)?;
    Ok(([(CONTENT_TYPE, "image/jpeg"), (CACHE_CONTROL, "private, no-store")], bytes).into_response())
}
