//! The person's own page (我的看护): what is known, who looked, what was agreed to, and how to end it. Opened by the private link.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use linli_cases::LinkToken;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, Ts};
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, Shell, T};

use super::consents::{ConsentInFull, in_full};
use super::enrol::{self, Asked};
use super::person::{VisitRow, day_after, look_lines, visit_row};
use super::words::{People, english};
use super::{board, care, ended, keyed, neighbours, private, store, tell_watch};
use crate::commands::{self, Beginning, HowAgreed, Which};
use crate::error::CareError;
use crate::follow::{self, queries::Own};
use crate::model::{ConsentChannel, GivenBy, Purpose, VisitKind};
use crate::queries::{self, PersonView};

#[derive(Template)]
#[template(path = "care-link.html")]
struct LinkPage {
    shell: Shell,
    t: T,
    problems: Problems,
    base: String,
    name: String,
    place: String,
    said: String,
    watched: bool,
    away: bool,
    tone: &'static str,
    word: String,
    detail: String,
    profile: String,
    quiet: String,
    /// What the watch holds of the person at this moment, a line each.
    known: Vec<String>,
    contact: String,
    /// The own consents, each in full.
    full: Vec<ConsentInFull>,
    asked: Vec<Asked>,
    profiles: Vec<Choice>,
    quiets: Vec<Choice>,
    mark: String,
    /// What is kept of the own health: when, what, by which way.
    health: Vec<(String, String, String)>,
    oximeter: String,
    visits: Vec<VisitRow>,
    looks: Vec<String>,
    /// What stays after a withdrawal, a line each; empty before one.
    stays: Vec<String>,
    runs: bool,
}

fn read_link(token: &str) -> Result<LinkToken, CareError> {
    token.parse().map_err(|_| CareError::LinkUnknown)
}

/// What was just done, as the address says.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Said {
    #[serde(default)]
    said: String,
}

/// `GET /c/{token}`.
pub(crate) async fn show(
    caller: Caller,
    State(hall): State<Hall>,
    Path(token): Path<String>,
    axum::extract::Query(said): axum::extract::Query<Said>,
) -> Result<Response, AppError> {
    let said = if matches!(said.said.as_str(), "withdrawn" | "withdrawn-part" | "agreed" | "agreed-part" | "away" | "back") {
        said.said
    } else {
        String::new()
    };
    page(&caller, &hall, &token, Problems::default(), said).await
}

/// What whoever claimed the home reads: that somebody there agreed to be looked after, and where the rest is.
#[derive(Template)]
#[template(path = "care-at-home.html")]
struct AtHome {
    shell: Shell,
    t: T,
    name: String,
    place: String,
}

/// `GET /my-home/care`, for whoever has claimed the home. A home is not a person: when somebody was last seen, who is asked, what was agreed to
/// and who looked are shown by the private link alone.
pub(crate) async fn at_home(caller: Caller, State(hall): State<Hall>, headers: HeaderMap) -> Result<Response, AppError> {
    let (district, home) = linli_identity::claimed::home_of_session(&caller, &hall, &headers).await?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let person = queries::by_home(c, district, &home).await?;
    let t = caller.info.t().clone();
    let page = AtHome {
        shell: caller.shell(t.s("care-link-title")),
        name: care(&hall)?.office().open(&person.name_sealed),
        place: neighbours(&hall)?.place_name(c, district, &person.place).await.map_err(store)?,
        t,
    };
    Ok(private(Page(page)))
}

async fn page(caller: &Caller, hall: &Hall, token: &str, problems: Problems, said: String) -> Result<Response, AppError> {
    let link = read_link(token)?;
    let found = queries::by_link(&mut hall.read().await?.conn(), &link, caller.ctx.now()).await?;
    shown(caller, hall, found, format!("/c/{token}"), problems, said).await
}

async fn shown(
    caller: &Caller,
    hall: &Hall,
    (district, view): (DistrictId, PersonView),
    base: String,
    problems: Problems,
    said: String,
) -> Result<Response, AppError> {
    let (care, neighbours) = (care(hall)?, neighbours(hall)?);
    let (t, now) = (caller.info.t().clone(), caller.ctx.now());
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let rules = care.office().rules(&view.person.place, now).map_err(CareError::from)?;
    let watch_rules = care.office().watch_rules(now).map_err(CareError::from)?;
    let follow_rules = care.office().follow_rules(&view.person.place, now).map_err(CareError::from)?;
    let mut people = People::of(neighbours.as_ref(), district);
    let (tone, word, detail) = match &view.watched {
        Some(watched) => board::state(&t, watched, now),
        None => ("", t.s("care-watch-none").into_owned(), String::new()),
    };
    let profile = view.watched.as_ref().and_then(|watched| watch_rules.profiles().find(&watched.profile));
    let withdrawn = view.consents.iter().any(|consent| consent.withdrawn_at.is_some());
    let known = match care.known(view.person.id).await {
        Some(known) => known_lines(&t, &known, now),
        None => Vec::new(),
    };
    let own = follow::queries::own(c, district, view.person.id).await?;
    let ask =
        enrol::asked(&t, &rules, |_| false).into_iter().filter(|one| one.code.parse().is_ok_and(|p: Purpose| !view.given.has(p)));
    let place = (district, &view.person.place);
    let shown = queries::with_texts(c, care.office(), place, view.consents.clone(), now).await?;
    let full = in_full(c, (&t, &mut people), care.office(), &shown, (now, "")).await?;
    let page = LinkPage {
        shell: caller.shell(t.s("care-link-title")),
        base,
        name: care.office().open(&view.person.name_sealed),
        place: neighbours.place_name(c, district, &view.person.place).await.map_err(store)?,
        said,
        watched: view.watched.is_some(),
        away: view.watched.as_ref().is_some_and(|watched| watched.away_until.is_some()),
        tone,
        word,
        detail,
        profile: profile.map(|profile| profile.name(english(&t)).to_owned()).unwrap_or_default(),
        quiet: super::words::quiet_of(&t, &watch_rules, view.watched.as_ref()),
        known,
        contact: view
            .contact
            .as_ref()
            .map(|contact| format!("{}（{}）", care.office().open(&contact.name_sealed), contact.relation))
            .unwrap_or_default(),
        full,
        asked: ask.collect(),
        profiles: enrol::profiles(&t, &watch_rules),
        quiets: enrol::quiets(&t, &watch_rules),
        mark: rules.texts_mark(),
        health: health_lines(&t, &own, |code| follow::medicine_name(&t, &follow_rules, code), now),
        oximeter: own.oximeter.as_ref().map(|one| t.n("care-own-oximeter", one.number)).unwrap_or_default(),
        visits: view.visits.iter().map(|visit| visit_row(&t, visit, now, false)).collect(),
        looks: look_lines(c, &t, &mut people, (district, &view.looks), now).await?,
        stays: if withdrawn { stays(&t, &view, &own) } else { Vec::new() },
        runs: care.runs(),
        problems,
        t,
    };
    Ok(private(Page(page)))
}

/// What the engine holds of somebody: that, and nothing else.
fn known_lines(t: &T, known: &linli_watch::Known, now: Ts) -> Vec<String> {
    let at = |second: linli_watch::Second| t.when(Ts(i64::from(second) * 1_000_000), now);
    let mut lines = vec![t.v("care-known-since", "when", at(known.since))];
    if let Some(deadline) = known.deadline {
        lines.push(t.v("care-known-deadline", "when", at(deadline)));
    }
    if known.out {
        lines.push(t.s("care-known-out").into_owned());
    }
    if known.learns {
        lines.push(t.s("care-known-learns").into_owned());
    }
    lines
}

/// The own readings and referrals, the newest first: when, what, by which way.
fn health_lines(t: &T, own: &Own, medicine: impl Fn(&str) -> String, now: Ts) -> Vec<(String, String, String)> {
    let reading = |one: &follow::model::Reading| {
        let way = t.s(&format!("follow-via-{}", one.via)).into_owned();
        (one.taken_at, (t.when(one.taken_at, now), follow::in_words(t, &one.vitals), way))
    };
    let referral = |one: &follow::model::Referral| {
        let text = t.v("care-own-referral", "number", one.number.as_str());
        (one.asked_at, (t.when(one.asked_at, now), text, String::new()))
    };
    let oxygen = |(one, name): &(follow::model::OxygenBooking, String)| {
        let word = t.s(&format!("follow-oxygen-state-{}", one.state)).into_owned();
        let text = t.with(
            "care-own-oxygen",
            &[("name", name.as_str().into()), ("place", one.place_no.into()), ("until", t.time(one.slot.ends_at).into())],
        );
        (one.slot.starts_at, (t.when(one.slot.starts_at, now), text, word))
    };
    let decision = |one: &follow::model::Decision| {
        let text = match &one.medicine {
            Some(code) => t.with(
                "care-own-antiviral",
                &[
                    ("number", one.number.as_str().into()),
                    ("medicine", medicine(code).into()),
                    ("boxes", t.n("follow-boxes", one.quantity).into()),
                ],
            ),
            None => t.v("follow-decided-against", "number", one.number.as_str()),
        };
        (one.decided_at, (t.when(one.decided_at, now), text, t.s(&format!("follow-decision-{}", one.state)).into_owned()))
    };
    let mut lines: Vec<_> = own.readings.iter().map(reading).chain(own.referrals.iter().map(referral)).collect();
    lines.extend(own.oxygen.iter().map(oxygen));
    lines.extend(own.decisions.iter().map(decision));
    lines.sort_by(|(a, _), (b, _)| b.cmp(a));
    lines.into_iter().map(|(_, line)| line).collect()
}

/// What lawfully stays after a withdrawal.
fn stays(t: &T, view: &PersonView, own: &Own) -> Vec<String> {
    let mut lines = vec![t.s("care-stays-proof").into_owned()];
    if view.consents.iter().any(|consent| consent.scan.is_some()) {
        lines.push(t.s("care-stays-paper").into_owned());
    }
    lines.push(t.n("care-stays-visits", view.visits.len()));
    if view.worded > 0 {
        lines.push(t.n("care-stays-words", view.worded));
    }
    let worries = view.visits.iter().filter(|visit| visit.is_open() && visit.kind == VisitKind::ByHand).count();
    if worries > 0 {
        lines.push(t.n("care-stays-worries", worries));
    }
    let cases = view.visits.iter().filter(|visit| visit.case.is_some()).count();
    if cases > 0 {
        lines.push(t.n("care-stays-cases", cases));
    }
    lines.push(t.s("care-stays-looks").into_owned());
    if !own.referrals.is_empty() {
        lines.push(t.n("care-stays-referrals", own.referrals.len()));
    }
    if let Some(lent) = &own.oximeter {
        lines.push(t.n("care-stays-oximeter", lent.number));
    }
    if own.handed_out() > 0 {
        lines.push(t.n("care-stays-medicines", own.handed_out()));
    }
    lines
}

/// Runs one command of the person in a transaction of the district of the link, tells the watch, and leads back.
macro_rules! own {
    ($caller:expr, $hall:expr, $token:expr, $said:expr, ($link:ident, $care:ident, $tx:ident) => $command:expr) => {{
        let ($link, $care) = (read_link(&$token)?, care(&$hall)?);
        let district = queries::district_of_link(&mut $hall.read().await?.conn(), &$link).await?;
        let done = async {
            let mut tx = $hall.begin(district).await?;
            let $tx = &mut tx;
            $command.await?;
            $hall.commit(tx).await?;
            tell_watch(&$care).await;
            Ok(format!("/c/{}?said={}", $token, $said))
        };
        let done = done.await;
        ended(&$caller, done, async |problems| page(&$caller, &$hall, &$token, problems, String::new()).await).await
    }};
}

/// `POST /c/{token}/withdraw`: ends it, in one step.
pub(crate) async fn withdraw(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(token): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let purpose = form.typed("purpose").parse::<Purpose>().ok();
    let said = if purpose.is_none() { "withdrawn" } else { "withdrawn-part" };
    own!(caller, hall, token, said, (link, care, tx) => {
        commands::withdraw(&caller.ctx, tx, care.office(), Which::Link(&link), purpose, ConsentChannel::OwnPhone)
    })
}

/// `POST /c/{token}/agree`: the person agrees by the own telephone.
pub(crate) async fn agree(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(token): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let ticked: Vec<Purpose> = form.all("purpose").filter_map(|word| word.parse().ok()).collect();
    // One watch a home. Where somebody else has it, what does not rest on a watch is agreed to all the same.
    let taken = ticked.contains(&Purpose::Watch)
        && queries::watched_by_another(&mut hall.read().await?.conn(), &read_link(&token)?).await?;
    let purposes: Vec<Purpose> = ticked.iter().copied().filter(|one| !taken || *one == Purpose::Readings).collect();
    if purposes.is_empty() {
        let problem = if taken { "care-field-watched-already" } else { "care-field-required" };
        let problems = Problems(vec![FieldProblem::new("purpose", problem)]);
        let shown = page(&caller, &hall, &token, problems, String::new()).await?;
        return Ok((http::StatusCode::UNPROCESSABLE_ENTITY, shown).into_response());
    }
    let how = HowAgreed {
        text_mark: form.typed("mark").to_owned(),
        language: caller.info.t().locale().tag().to_owned(),
        channel: ConsentChannel::OwnPhone,
        given_by: GivenBy::Own,
        giver: None,
        relation: None,
        witness: None,
        scan: None,
        assessment: String::new(),
    };
    let said = if taken { "agreed-part" } else { "agreed" };
    own!(caller, hall, token, said, (link, care, tx) => {
        let beginning = Beginning { profile: Some(form.typed("profile")), quiet: Some(form.typed("quiet")), seen_at: None };
        commands::agree(&caller.ctx, tx, care.office(), Which::Link(&link), &purposes, &how, beginning)
    })
}

/// `POST /c/{token}/away`: away until a day, or back.
pub(crate) async fn away(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(token): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    if form.typed("back") == "1" {
        return own!(caller, hall, token, "back", (link, _care, tx) => {
            commands::come_back(&caller.ctx, tx, Which::Link(&link))
        });
    }
    // A made-up link opens nothing and says nothing about the form.
    queries::district_of_link(&mut hall.read().await?.conn(), &read_link(&token)?).await?;
    match day_after(&form) {
        Ok(until) => own!(caller, hall, token, "away", (link, _care, tx) => {
            commands::go_away(&caller.ctx, tx, Which::Link(&link), until)
        }),
        Err(error) => {
            ended(&caller, Err(error), async |problems| page(&caller, &hall, &token, problems, String::new()).await).await
        }
    }
}
