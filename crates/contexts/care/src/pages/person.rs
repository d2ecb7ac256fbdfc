//! What is kept of a person, for those who keep the consents; and what they may do about it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, Ts};
use linli_people::model::OrganisationId;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, Shell, T};
use serde::Deserialize;

use super::words::{self, People, english};
use super::{board, care, district, ended, enrol, keyed, neighbours, private, store, tell_watch};
use crate::commands::{self, Which};
use crate::error::CareError;
use crate::follow;
use crate::model::{CarePersonId, Consent, ConsentChannel, Purpose, Visit};
use crate::queries::{self, Looker, PAGE, PersonView};

/// A consent as a page shows it.
pub(super) struct ConsentLine {
    pub(super) code: &'static str,
    pub(super) name: String,
    pub(super) tone: &'static str,
    pub(super) word: String,
    pub(super) given: String,
    pub(super) scan: String,
    pub(super) in_force: bool,
    pub(super) erased: String,
}

pub(super) fn consent_line(t: &T, consent: &Consent, now: Ts, base: &str) -> ConsentLine {
    let in_force = consent.in_force(now);
    let (tone, word) = match consent.withdrawn_at {
        None if in_force => ("well", t.v("care-consent-until", "day", t.date(consent.expires_at))),
        None => ("soon", t.s("care-consent-over").into_owned()),
        Some(at) => ("", t.v("care-consent-withdrawn", "when", t.when(at, now))),
    };
    ConsentLine {
        code: consent.purpose.as_str(),
        name: words::purpose(t, consent.purpose),
        tone,
        word,
        given: t.with(
            "care-consent-given",
            &[
                ("when", t.date(consent.given_at).into()),
                ("how", words::word(t, "channel", consent.channel.as_str()).into()),
                ("who", words::word(t, "given-by", consent.given_by.as_str()).into()),
            ],
        ),
        scan: if consent.scan.is_some() && !base.is_empty() { format!("{base}/scan/{}", consent.id) } else { String::new() },
        in_force,
        erased: consent.erased_at.map(|at| t.v("care-consent-erased", "when", t.when(at, now))).unwrap_or_default(),
    }
}

/// A visit as a page of its person shows it.
pub(super) struct VisitRow {
    pub(super) href: String,
    pub(super) number: String,
    pub(super) why: String,
    pub(super) when: String,
    pub(super) tone: &'static str,
    pub(super) word: String,
}

pub(super) fn visit_row(t: &T, visit: &Visit, now: Ts, linked: bool) -> VisitRow {
    VisitRow {
        href: if linked { format!("/care/visits/{}", visit.id) } else { String::new() },
        number: visit.number.clone(),
        why: words::why(t, visit),
        when: t.when(visit.opened_at, now),
        tone: words::tone(visit),
        word: match visit.outcome {
            Some(outcome) => words::word(t, "outcome", outcome.as_str()),
            None => words::word(t, "state", visit.state.as_str()),
        },
    }
}

#[derive(Template)]
#[template(path = "care-person.html")]
struct PersonPage {
    shell: Shell,
    t: T,
    problems: Problems,
    id: String,
    place: String,
    phone: String,
    contact: Option<(String, String, String)>,
    tone: &'static str,
    word: String,
    detail: String,
    profile: String,
    profile_code: String,
    profiles: Vec<Choice>,
    quiet: String,
    quiet_code: String,
    quiets: Vec<Choice>,
    watched: bool,
    away: bool,
    in_hospital: bool,
    may_hospital: bool,
    consents: Vec<ConsentLine>,
    missing: bool,
    /// Whether the actor may see how each consent was given.
    may_full: bool,
    visits: Vec<VisitRow>,
    looks: Vec<String>,
    /// The private link, just after it was made.
    link: String,
}

/// `GET /care/people/{id}`. That somebody looked is written down for the person.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let id = id.parse().map_err(|_| CareError::NotFound)?;
    page(&caller, &hall, id, Problems::default(), String::new()).await
}

/// The page of a person, with the private link when it was just made.
pub(super) async fn page(
    caller: &Caller,
    hall: &Hall,
    id: CarePersonId,
    problems: Problems,
    link: String,
) -> Result<Response, AppError> {
    let (care, neighbours) = (care(hall)?, neighbours(hall)?);
    let (t, ctx, district) = (caller.info.t().clone(), &caller.ctx, district(&caller.ctx)?);
    let now = ctx.now();
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let PersonView { person, consents, given, watched, contact, visits, looks, .. } =
        queries::person(ctx, c, district, id).await?;
    let rules = care.office().watch_rules(now).map_err(CareError::from)?;
    let mut people = People::of(neighbours.as_ref(), district);
    let base = format!("/care/people/{id}");
    let (tone, word, detail) = match &watched {
        Some(watched) => board::state(&t, watched, now),
        None => ("", t.s("care-watch-none").into_owned(), String::new()),
    };
    let code = watched.as_ref().map(|watched| watched.profile.clone()).unwrap_or_default();
    let page = PersonPage {
        shell: caller.shell(care.office().open(&person.name_sealed)),
        id: id.to_string(),
        place: neighbours.place_name(c, district, &person.place).await.map_err(store)?,
        phone: person.phone_sealed.as_deref().map(|sealed| care.office().open(sealed)).unwrap_or_default(),
        contact: contact.map(|one| (care.office().open(&one.name_sealed), one.relation, care.office().open(&one.phone_sealed))),
        tone,
        word,
        detail,
        profile: rules.profiles().find(&code).map(|profile| profile.name(english(&t)).to_owned()).unwrap_or_default(),
        profile_code: code,
        profiles: enrol::profiles(&t, &rules),
        quiet: words::quiet_of(&t, &rules, watched.as_ref()),
        quiet_code: watched.as_ref().and_then(|watched| watched.quiet.clone()).unwrap_or_default(),
        quiets: enrol::quiets(&t, &rules),
        away: watched.as_ref().is_some_and(|watched| watched.away_until.is_some()),
        in_hospital: watched.as_ref().is_some_and(|watched| watched.in_hospital),
        may_hospital: given.hospital.is_some(),
        watched: watched.is_some(),
        missing: Purpose::ALL.iter().any(|purpose| !given.has(*purpose)),
        may_full: ctx.may(Action::Read, Resource::CareConsent, district, &person.place).is_ok(),
        consents: consents.iter().map(|consent| consent_line(&t, consent, now, &base)).collect(),
        visits: visits.iter().map(|visit| visit_row(&t, visit, now, true)).collect(),
        looks: look_lines(c, &t, &mut people, (district, &looks), now).await?,
        problems,
        link,
        t,
    };
    drop(read);
    let mut tx = hall.begin(district).await?;
    commands::note_look(ctx, &mut tx, &person);
    hall.commit(tx).await?;
    Ok(private(Page(page)))
}

/// Who looked and when, in words.
pub(super) async fn look_lines(
    c: &mut linli_db::Conn<'_>,
    t: &T,
    people: &mut People<'_>,
    (district, looks): (DistrictId, &[(Ts, Looker)]),
    now: Ts,
) -> Result<Vec<String>, AppError> {
    let mut lines = Vec::new();
    // Whoever looked several times on end is one line, with the latest time.
    for same in looks.chunk_by(|(_, one), (_, next)| one == next) {
        let Some((at, looker)) = same.first() else { continue };
        let who = match looker {
            Looker::Staff(appointment) => people.card(c, *appointment).await?.map(|card| words::staff(t, &card)),
            Looker::System(institution) => {
                let name = follow::queries::institution_name(c, district, OrganisationId(*institution)).await?;
                Some(t.v("care-who-system", "name", name))
            }
            Looker::Unknown => None,
        };
        let times = if same.len() > 1 { format!(" · {}", t.n("care-look-times", same.len())) } else { String::new() };
        let who = who.unwrap_or_else(|| t.s("care-who-unknown").into_owned());
        lines.push(format!("{} · {who}{times}", t.when(*at, now)));
    }
    Ok(lines)
}

/// Runs one command about a person in a transaction of its own, tells the watch, and leads back.
macro_rules! about {
    ($caller:expr, $hall:expr, $id:expr, $back:expr, $tx:ident => $command:expr) => {{
        let care = care(&$hall)?;
        let done = async {
            let mut tx = $hall.begin(district(&$caller.ctx)?).await?;
            let $tx = &mut tx;
            $command.await?;
            $hall.commit(tx).await?;
            tell_watch(&care).await;
            Ok($back)
        };
        let done = done.await;
        ended(&$caller, done, async |problems| page(&$caller, &$hall, $id, problems, String::new()).await).await
    }};
}

/// `POST /care/people/{id}/withdraw`: the person said so at the door, by telephone or on paper. One step.
pub(crate) async fn withdraw(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let id: CarePersonId = id.parse().map_err(|_| CareError::NotFound)?;
    let purpose = form.typed("purpose").parse::<Purpose>().ok();
    let channel = match form.typed("told_by") {
        "paper" => ConsentChannel::Paper,
        "phone" => ConsentChannel::Phone,
        _ => ConsentChannel::Doorstep,
    };
    let office = care(&hall)?;
    let back = if super::keeps(&caller.ctx) { format!("/care/people/{id}") } else { "/care/mine".to_owned() };
    about!(caller, hall, id, back, tx => commands::withdraw(&caller.ctx, tx, office.office(), Which::Id(id), purpose, channel))
}

/// `POST /care/people/{id}/watch`: another rule, other quiet hours, away, back, in hospital, out of it.
pub(crate) async fn watch(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let id: CarePersonId = id.parse().map_err(|_| CareError::NotFound)?;
    let (care, which, back) = (care(&hall)?, Which::Id(id), format!("/care/people/{id}"));
    let ctx = caller.ctx.clone();
    match form.typed("what") {
        "profile" => {
            about!(caller, hall, id, back, tx => commands::change_profile(&ctx, tx, care.office(), which, form.typed("profile")))
        }
        "quiet" => {
            about!(caller, hall, id, back, tx => commands::change_quiet(&ctx, tx, care.office(), which, form.typed("quiet")))
        }
        "away" => match day_after(&form) {
            Ok(until) => about!(caller, hall, id, back, tx => commands::go_away(&ctx, tx, which, until)),
            Err(error) => {
                ended(&caller, Err(error), async |problems| page(&caller, &hall, id, problems, String::new()).await).await
            }
        },
        "back" => about!(caller, hall, id, back, tx => commands::come_back(&ctx, tx, which)),
        "admitted" => {
            let district = district(&ctx)?;
            let given = crate::consent::in_force(&mut hall.read().await?.conn(), district, id, ctx.now()).await?;
            let proof = given.hospital.ok_or(CareError::NoConsent)?;
            about!(caller, hall, id, back, tx => commands::admit(&ctx, tx, which, &proof))
        }
        "discharged" => about!(caller, hall, id, back, tx => commands::discharge(&ctx, tx, which)),
        _ => Err(CareError::NotFound.into()),
    }
}

/// The end of the day that was typed.
pub(super) fn day_after(form: &FormMap) -> Result<Ts, AppError> {
    let mut read = form.reader();
    let day = read.date("until");
    read.finish()?;
    day.and_then(|day| day.tomorrow().ok())
        .and_then(|day| Ts::from_local(day.at(0, 0, 0, 0)))
        .ok_or_else(|| AppError::invalid(vec![FieldProblem::new("until", "care-field-until")]))
}

/// `POST /care/people/{id}/worry`: a visit because somebody is worried.
pub(crate) async fn worry(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let id: CarePersonId = id.parse().map_err(|_| CareError::NotFound)?;
    let office = care(&hall)?;
    let back = format!("/care/people/{id}");
    about!(caller, hall, id, back, tx => commands::open_by_hand(&caller.ctx, tx, office.office(), id, form.typed("words")))
}

/// `POST /care/people/{id}/link`: another private link; shown on this answer only.
pub(crate) async fn new_link(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let id: CarePersonId = id.parse().map_err(|_| CareError::NotFound)?;
    let mut tx = hall.begin(district(&caller.ctx)?).await?;
    let link = commands::new_link(&caller.ctx, &mut tx, Which::Id(id)).await?;
    hall.commit(tx).await?;
    let link = format!("{}/c/{}", hall.base_url(), link.secret_text());
    page(&caller, &hall, id, Problems::default(), link).await
}

/// `GET /care/people/{id}/scan/{consent}`: the picture of the paper.
pub(crate) async fn scan(
    caller: Caller,
    State(hall): State<Hall>,
    Path((_, consent)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let consent = consent.parse().map_err(|_| CareError::NotFound)?;
    let district = district(&caller.ctx)?;
    let hash = queries::scan(&caller.ctx, &mut hall.read().await?.conn(), district, consent).await?;
    let bytes = hall.db().blobs().get(hash).await.map_err(store)?.ok_or(CareError::NotFound)?;
    Ok(([(CONTENT_TYPE, "image/jpeg"), (CACHE_CONTROL, "private, no-store")], bytes).into_response())
}

/// Where a page of the list begins.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct After {
    #[serde(default)]
    place: String,
    #[serde(default)]
    id: String,
}

struct PersonRow {
    href: String,
    name: String,
    place: String,
    tone: &'static str,
    word: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "care-people.html")]
struct PeoplePage {
    shell: Shell,
    t: T,
    rows: Vec<PersonRow>,
    pager: linli_webkit::view::Pager,
}

/// `GET /care/people`.
pub(crate) async fn list(
    caller: Caller,
    State(hall): State<Hall>,
    axum::extract::Query(after): axum::extract::Query<After>,
) -> Result<Response, AppError> {
    let (care, neighbours) = (care(&hall)?, neighbours(&hall)?);
    let (t, ctx) = (caller.info.t().clone(), &caller.ctx);
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let from = after.id.parse().ok().map(|id| (after.place.as_str(), id));
    let found = queries::people(ctx, c, from).await?;
    let whole = i64::try_from(found.len()).unwrap_or(PAGE) >= PAGE;
    let older = found.last().filter(|_| whole).map(|(last, _)| format!("/care/people?place={}&id={}", last.place, last.id));
    let mut rows = Vec::with_capacity(found.len());
    for (person, watched) in &found {
        let (tone, word, detail) = match watched {
            Some(watched) => board::state(&t, watched, ctx.now()),
            None => ("", t.s("care-watch-none").into_owned(), String::new()),
        };
        rows.push(PersonRow {
            href: format!("/care/people/{}", person.id),
            name: care.office().open(&person.name_sealed),
            place: neighbours.place_name(c, district(ctx)?, &person.place).await.map_err(store)?,
            tone,
            word,
            detail,
        });
    }
    let pager = linli_webkit::view::Pager {
        first: if from.is_some() { "/care/people".to_owned() } else { String::new() },
        older: older.unwrap_or_default(),
    };
    Ok(private(Page(PeoplePage { shell: caller.shell(t.s("care-people-title")), rows, pager, t })))
}
