//! The board of a grid (救治网格床位图): who waits, which bed the plan has for them and why, beds, who is coming, who may step down.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, Ts};
use linli_webkit::live::LiveFilter;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};
use serde::Deserialize;

use super::desk::{choices, desk, number, post, run, word};
use super::plan_words as words;
use super::{private, take_key};
use crate::commands::plan::{self as commands, NewDecision, NewMark};
use crate::error_beds::{BedError, Wrong};
use crate::model::beds::{BedType, HoldState};
use crate::model::plan::{Overriding, Whom};
use crate::model::referrals::{Consent, Direction, InboundKey, Severity};
use crate::model::{GridKind, GridRef};
use crate::queries;
use crate::queries::plan::{GridBoard, Lies, Row, Strip};
use crate::rules::plan::Planned;

/// What changes a board, as the journal calls it.
const KINDS: &[&str] = &[
    "treatment.bed_entered",
    "treatment.bed_expired",
    "treatment.bed_held",
    "treatment.bed_left",
    "treatment.bed_released",
    "treatment.bed_taken",
    "treatment.conversion_done",
    "treatment.fleet_told",
    "treatment.inbound_arrived",
    "treatment.inbound_declined",
    "treatment.plan_decided",
    "treatment.referral_asked",
    "treatment.referral_cancelled",
    "treatment.referral_answered",
    "treatment.referral_sent",
    "treatment.step_down_asked",
    "treatment.step_down_marked",
    "treatment.step_down_unmarked",
];

struct Suggested {
    bed: String,
    minutes: String,
    because: String,
    refused: String,
    steps: Vec<String>,
    harm: String,
    value: String,
}

struct WaitingRow {
    key: String,
    mark: String,
    tone: &'static str,
    severity: String,
    wants: String,
    needs: String,
    from: String,
    waited: String,
    due: String,
    late: bool,
    asked: String,
    suggested: Option<Suggested>,
    stays: String,
    beds: Vec<Choice>,
    decides: bool,
    open: bool,
}

struct StripRow {
    name: String,
    kind: String,
    state: &'static str,
    word: String,
    /// One for each bed: `taken`, `held`, `free`, `may`.
    beds: Vec<&'static str>,
    label: String,
    held: Vec<String>,
}

struct HouseRow {
    name: String,
    strips: Vec<StripRow>,
}

struct ComingRow {
    mark: String,
    tone: &'static str,
    severity: String,
    text: String,
    until: String,
}

struct LiesRow {
    key: String,
    mark: String,
    text: String,
    marked: String,
    asked: bool,
    open: bool,
    /// Where the plan has them go; the form asks for exactly that.
    to: Option<(String, String)>,
}

struct GridChoice {
    text: String,
    href: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "plan-grid.html")]
struct GridPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    href: String,
    patients: bool,
    own: bool,
    counts: Vec<(String, &'static str, usize)>,
    rows: Vec<WaitingRow>,
    houses: Vec<HouseRow>,
    coming: Vec<ComingRow>,
    lies: Vec<LiesRow>,
    grids: Vec<GridChoice>,
    leads: Vec<(String, String, String)>,
    reasons: Vec<Choice>,
    wants: Vec<Choice>,
    needs: Vec<Choice>,
    consents: Vec<Choice>,
    changed: bool,
    /// Beds are shown of one grid: it is to be chosen.
    chooses: bool,
    source: String,
}

impl GridPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }
}

/// Which grid the health officer looks at, `district/id`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Which {
    grid: Option<String>,
}

fn grid_of(text: &str) -> Option<GridRef> {
    let (district, id) = text.split_once('/')?;
    Some(GridRef { district: DistrictId(district.parse().ok()?), id: id.parse().ok()? })
}

fn grid_value(grid: GridRef) -> String {
    format!("{}/{}", grid.district, grid.id)
}

/// A record as forms and addresses name it.
fn key_of(whom: Whom) -> String {
    match whom {
        Whom::Asking { district, referral } => format!("{district}-{referral}"),
        Whom::Boarding { district, referral, attempt } => format!("{district}-{referral}-{attempt}"),
    }
}

fn waiting_row(t: &T, board: &GridBoard, row: &Row, open: &str, now: Ts) -> WaitingRow {
    let (one, picture) = (&row.waiting, board.made.plan.picture());
    let (Whom::Asking { referral, .. } | Whom::Boarding { referral, .. }) = one.whom;
    let (suggested, stays) = match &row.planned {
        Planned::Stays(why) => (None, words::stays(t, picture, *why)),
        Planned::Bed(suggestion) => (
            Some(Suggested {
                bed: words::bed(t, picture, suggestion.to),
                minutes: t.n("plan-minutes", suggestion.minutes),
                because: words::because(t, picture, suggestion),
                refused: words::refused(t, picture, suggestion),
                steps: suggestion.chain.iter().map(|step| words::step(t, picture, step)).collect(),
                harm: words::harm(t, row.harm),
                value: words::value(suggestion.to),
            }),
            String::new(),
        ),
    };
    let boards = matches!(one.whom, Whom::Boarding { .. });
    let key = key_of(one.whom);
    WaitingRow {
        mark: words::mark(referral),
        tone: words::tone(one.severity),
        severity: words::severity(t, one.severity),
        wants: t.s(&format!("beds-type-{}", one.bed_type)).into_owned(),
        needs: words::needs(t, &one.needs),
        from: t.v(if boards { "plan-boards-at" } else { "plan-waits-at" }, "house", words::house(picture, one.at)),
        waited: words::waited(t, one, now),
        late: one.due.is_some_and(|due| due <= now),
        due: one.due.map_or_else(String::new, |due| t.v("plan-due", "when", t.when(due, now))),
        asked: one.asked.filter(|_| !boards).map_or_else(String::new, |at| t.v("plan-asked", "house", words::house(picture, at))),
        suggested,
        stays,
        beds: words::choices(t, picture, &row.beds),
        decides: board.reach.own.is_some(),
        open: open == key,
        key,
    }
}

/// A strip is drawn bed by bed up to this many; beyond, its numbers say it.
const DRAWN: usize = 60;

fn strip_row(t: &T, strip: &Strip, now: Ts) -> StripRow {
    let levels = strip.cell.levels;
    let many = |n: i64| usize::try_from(n).unwrap_or(0).min(DRAWN);
    let free = strip.pool.left.unwrap_or(0).max(0);
    let parts = [("taken", levels.occupied), ("held", levels.reserved), ("free", free), ("may", levels.convertible.unwrap_or(0))];
    let beds = parts.iter().flat_map(|(word, n)| std::iter::repeat_n(*word, many(*n))).take(DRAWN).collect();
    let label = parts.iter().filter(|(_, n)| *n > 0).map(|(word, n)| t.n(&format!("plan-strip-{word}"), *n));
    let (state, word) = match strip.pool.left {
        None => ("info", t.s("beds-not-known").into_owned()),
        Some(0) => ("soon", t.s("beds-full").into_owned()),
        Some(left) if left > 0 => ("well", t.n("beds-free", left)),
        Some(left) => ("act", t.n("beds-over-full", left.saturating_neg())),
    };
    let held = strip.holds.iter().filter(|hold| hold.state == HoldState::Held);
    StripRow {
        name: strip.pool.name.clone(),
        kind: t.s(&format!("beds-type-{}", strip.pool.bed_type)).into_owned(),
        state,
        word,
        beds,
        label: label.collect::<Vec<_>>().join(&t.s("plan-needs-and")),
        held: held
            .map(|hold| {
                t.with("plan-held", &[("who", words::mark(hold.referral).into()), ("when", t.when(hold.until, now).into())])
            })
            .collect(),
    }
}

fn houses(t: &T, board: &GridBoard, now: Ts) -> Vec<HouseRow> {
    let mut houses: Vec<HouseRow> = Vec::new();
    for strip in &board.strips {
        let row = strip_row(t, strip, now);
        match houses.last_mut().filter(|house| house.name == strip.house) {
            Some(house) => house.strips.push(row),
            None => houses.push(HouseRow { name: strip.house.clone(), strips: vec![row] }),
        }
    }
    houses
}

/// Where the plan has somebody go who may step down.
fn planned_step(t: &T, board: &GridBoard, key: InboundKey) -> Option<(String, String)> {
    let picture = board.made.plan.picture();
    let chains = board.made.planned.iter().filter_map(|planned| match planned {
        Planned::Bed(suggestion) => Some(&suggestion.chain),
        Planned::Stays(_) => None,
    });
    let step = chains.flatten().find(|step| step.who == key)?;
    Some((format!("{}/{}", step.to.at.0, step.to.at.1), words::bed(t, picture, step.to)))
}

fn lies_row(t: &T, board: &GridBoard, one: &Lies, open: &str, now: Ts) -> LiesRow {
    let key = format!("{}-{}", one.inbound.key.referral, one.inbound.key.attempt);
    let kind = t.s(&format!("beds-type-{}", one.hold.bed_type)).into_owned();
    let unit = board.strips.iter().find(|strip| strip.pool.unit == one.hold.unit).map(|strip| strip.pool.name.clone());
    let marked = one.mark.as_ref().map(|mark| {
        let wants = t.s(&format!("beds-type-{}", mark.wants)).into_owned();
        t.with("plan-marked", &[("wants", wants.into()), ("when", t.when(mark.at, now).into())])
    });
    LiesRow {
        mark: words::mark(one.inbound.key.referral),
        text: t.with(
            "plan-lies",
            &[("unit", unit.unwrap_or_default().into()), ("kind", kind.into()), ("when", t.when(one.hold.held_at, now).into())],
        ),
        asked: one.mark.as_ref().is_some_and(|mark| mark.asked.is_some()),
        to: planned_step(t, board, one.inbound.key).filter(|_| one.mark.as_ref().is_some_and(|mark| mark.asked.is_none())),
        marked: marked.unwrap_or_default(),
        open: open == key,
        key,
    }
}

fn counts(t: &T, board: &GridBoard) -> Vec<(String, &'static str, usize)> {
    let waits = |one: Severity| board.rows.iter().filter(|row| row.waiting.severity == one).count();
    let by = [Severity::Critical, Severity::Severe, Severity::Ordinary];
    by.into_iter().map(|one| (words::severity(t, one), words::tone(one), waits(one))).collect()
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    (of, open, changed): (Option<GridRef>, &str, bool),
    (form, problems): (&FormMap, Problems),
) -> Result<GridPage, AppError> {
    let (t, desk, now) = (caller.info.t().clone(), desk(hall)?, hall.now());
    let mut read = hall.read().await?;
    let board = queries::plan::board(&caller.ctx, &mut read.conn(), &desk, of).await?;
    drop(read);
    let (reach, picture) = (&board.reach, board.made.plan.picture());
    let shown = |grid: &(GridRef, String)| GridChoice {
        text: grid.1.clone(),
        href: format!("/grid?grid={}", grid_value(grid.0)),
        current: of == Some(grid.0),
    };
    let fleet = |grid: &(GridRef, String)| {
        let told = picture.fleets.get(&grid.0);
        (
            grid_value(grid.0),
            grid.1.clone(),
            told.map_or_else(|| t.s("plan-fleet-unknown").into_owned(), |n| t.n("plan-fleet-free", *n)),
        )
    };
    let coming = board.coming.iter().map(|one| ComingRow {
        mark: words::mark(one.key.referral),
        tone: words::tone(one.severity),
        severity: words::severity(&t, one.severity),
        text: t.with(
            "plan-coming-line",
            &[
                ("from", words::house(picture, one.from).into()),
                ("to", words::house(picture, (one.district, one.institution)).into()),
            ],
        ),
        until: one.until.map_or_else(String::new, |until| t.v("beds-held-until", "when", t.when(until, now))),
    });
    let needs = ["oxygen", "high_flow", "ventilation", "ecmo", "dialysis", "children", "pregnancy"];
    Ok(GridPage {
        shell: caller.shell(t.s("plan-title")).live("/grid/live"),
        href: of.map_or_else(|| "/grid".to_owned(), |grid| format!("/grid?grid={}", grid_value(grid))),
        patients: reach.patients,
        own: reach.own.is_some(),
        counts: counts(&t, &board),
        rows: if reach.patients {
            board.rows.iter().map(|row| waiting_row(&t, &board, row, open, now)).collect()
        } else {
            Vec::new()
        },
        houses: houses(&t, &board, now),
        coming: if reach.patients { coming.collect() } else { Vec::new() },
        lies: board.lies.iter().map(|one| lies_row(&t, &board, one, open, now)).collect(),
        grids: if reach.patients { Vec::new() } else { reach.leads.iter().map(shown).collect() },
        leads: if reach.patients { reach.leads.iter().map(fleet).collect() } else { Vec::new() },
        reasons: choices(&t, "plan-why", Overriding::ALL.iter().map(|one| one.as_str())),
        wants: choices(
            &t,
            "beds-type",
            [BedType::Ward, BedType::Infusion, BedType::Rehab, BedType::Isolation].map(BedType::as_str),
        ),
        needs: choices(&t, "referral-need", needs),
        consents: choices(&t, "referral-consent", [Consent::Patient, Consent::Family].map(Consent::as_str)),
        source: super::source(&t, &board.made.stamp),
        form: form.clone(),
        changed,
        chooses: !reach.patients && of.is_none(),
        problems,
        t,
    })
}

/// `GET /grid`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, Query(which): Query<Which>) -> Result<Response, AppError> {
    let of = which.grid.as_deref().and_then(grid_of);
    Ok(private(Page(page(&caller, &hall, (of, "", false), (&FormMap::default(), Problems::default())).await?)))
}

/// `GET /grid/live`: that beds and referrals have changed, in every district: a grid has members in several.
pub(crate) async fn live(caller: Caller, State(hall): State<Hall>, headers: HeaderMap) -> Result<Response, AppError> {
    caller.ctx.scope(Action::Read, Resource::Plan).map_err(BedError::from)?;
    let reader = caller.ctx.person().map(|person| person.to_string()).unwrap_or_default();
    let filter = LiveFilter { kinds: KINDS, reader, ..LiveFilter::default() };
    hall.live().stream_to(&headers, (filter, None), |_| async { Ok(None) }).await
}

/// The board again with what is wrong, or back to it.
async fn ended(
    caller: &Caller,
    hall: &Hall,
    (open, form): (&str, &FormMap),
    done: Result<(), AppError>,
) -> Result<Response, AppError> {
    match done {
        Ok(()) => Ok(Redirect::to("/grid").into_response()),
        Err(error) => {
            let status = error.status();
            let page = page(caller, hall, (None, open, false), (form, error.into_problems()?)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

/// `POST /grid/decide`: the suggestion, or another bed with the reason.
pub(crate) async fn decide(mut caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let desk = desk(&hall)?;
    if form.typed("whom").is_empty() {
        return Err(BedError::NotFound.into());
    }
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let reach = queries::plan::reach(&caller.ctx, c, None).await?;
    let made = queries::plan::current(c, &desk, hall.now()).await?;
    drop(read);
    let key = form.typed("whom");
    let found = made.plan.picture().waiting.iter().find(|one| key_of(one.whom) == key && reach.has(one));
    let chosen = words::read(form.typed("to"));
    let suggested = found.and_then(|one| made.suggested(one.whom));
    let overrides = form.typed("do") == "override";
    // Whoever accepts means the suggestion that was shown: it may be another by now.
    let same = suggested.as_ref().map(|(suggestion, _)| suggestion.to) == chosen;
    let Some((one, chosen)) = found.zip(chosen).filter(|_| overrides || same) else {
        let page = page(&caller, &hall, (None, "", true), (&FormMap::default(), Problems::default())).await?;
        return Ok((http::StatusCode::CONFLICT, private(Page(page))).into_response());
    };
    let done = async {
        let why = if form.typed("why").is_empty() { None } else { Some(word(&form, "why")?) };
        let new = NewDecision {
            whom: one.whom,
            attempt: one.attempt,
            asked: one.asked,
            chosen,
            suggested,
            why,
            words: form.typed("words").to_owned(),
            rule: made.rule.clone(),
        };
        let mut tx = hall.begin(commands::district_of(&reach, &new)).await?;
        commands::decide(&caller.ctx, &mut tx, &desk, &reach, new).await?;
        hall.commit(tx).await?;
        post(&hall, &desk).await;
        Ok::<_, AppError>(())
    };
    let done = done.await;
    ended(&caller, &hall, (key, &form), done).await
}

fn inbound_key(text: &str) -> Result<InboundKey, BedError> {
    let (referral, attempt) = text.rsplit_once('-').ok_or(BedError::NotFound)?;
    let unknown = |_| BedError::NotFound;
    Ok(InboundKey { referral: referral.parse().map_err(unknown)?, attempt: attempt.parse().map_err(|_| BedError::NotFound)? })
}

/// `POST /grid/step-down/{key}`: `mark`, `unmark`, or `ask` the house that the plan has.
pub(crate) async fn step_down(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(key): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (desk, record) = (desk(&hall)?, inbound_key(&key)?);
    let done = async {
        match form.typed("do") {
            "mark" => {
                let new = NewMark {
                    wants: word(&form, "wants")?,
                    needs: form.all("need").map(str::to_owned).collect(),
                    grid_kind: GridKind::General,
                    consent: word(&form, "consent")?,
                    continuing: form.typed("continuing").to_owned(),
                };
                run!(caller, hall, tx => commands::mark(&caller.ctx, tx, &desk, record, new))
            }
            "unmark" => run!(caller, hall, tx => commands::unmark(&caller.ctx, tx, record)),
            "ask" => {
                let wrong = || BedError::Field { field: "to", problem: Wrong::NotAChoice };
                let (district, house) = form.typed("to").split_once('/').ok_or_else(wrong)?;
                let to = (DistrictId(district.parse().map_err(|_| wrong())?), house.parse().map_err(|_| wrong())?);
                let candidates = candidates(&caller, &hall, record).await?;
                run!(caller, hall, tx => commands::step_down(&caller.ctx, tx, &desk, (record, to), &candidates)).map(|_| ())?;
                post(&hall, &desk).await;
                Ok(())
            }
            _ => Err(BedError::Field { field: "do", problem: Wrong::NotAChoice }.into()),
        }
    };
    let done = done.await;
    ended(&caller, &hall, (&key, &form), done).await
}

/// Who may be asked for somebody who may step down.
async fn candidates(
    caller: &Caller,
    hall: &Hall,
    key: InboundKey,
) -> Result<Vec<crate::commands::referrals::Candidate>, AppError> {
    let desk = desk(hall)?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let own = crate::standing::own_institution(&caller.ctx, c).await?.ok_or(BedError::NoInstitution)?;
    let mark = queries::plan::mark(c, own.0, key).await?.ok_or(BedError::NotFound)?;
    let (way, what) = ((Direction::Down, mark.grid_kind), (mark.wants, mark.needs.as_slice()));
    Ok(queries::referrals::candidates(c, &desk, own, way, what, hall.now()).await?)
}

/// `POST /grid/fleet`: how many vehicles a grid has free.
pub(crate) async fn fleet(mut caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let wrong = |field, problem| BedError::Field { field, problem };
        let grid = grid_of(form.typed("grid")).ok_or(wrong("grid", Wrong::NotAChoice))?;
        let vehicles = number(&form, "vehicles")?.ok_or(wrong("vehicles", Wrong::Required))?;
        let reach = queries::plan::reach(&caller.ctx, &mut hall.read().await?.conn(), None).await?;
        let mut tx = hall.begin(grid.district).await?;
        commands::tell_fleet(&caller.ctx, &mut tx, &reach, (grid, vehicles)).await?;
        hall.commit(tx).await?;
        Ok::<_, AppError>(())
    };
    let done = done.await;
    ended(&caller, &hall, ("fleet", &form), done).await
}
