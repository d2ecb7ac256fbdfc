//! A meeting from the call to the result (会议), as those see it who write it.

use askama::Template;
use axum::extract::{Path, State as FromHall};
use axum::response::{IntoResponse, Response};
use linli_access::Scope;
use linli_hall::{Caller, Hall};
use linli_kernel::Ts;
use linli_record::view::proof_line;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::wording::{self, official};
use super::{choices, hours, office, private, said, source, tone};
use crate::commands::closing::page_of;
use crate::error::CouncilError;
use crate::model::{
    Answered, Electorate, Item, Kind, MeetingId, Outcome, Paper, Party, Presence, Represented, Seat, Stance, State,
};
use crate::office::CouncilOffice;
use crate::queries::{self, File, Offered, StaffFile, Undertaken};

struct OpinionView {
    id: String,
    tone: &'static str,
    stance: String,
    line: String,
    answer: String,
    unanswered: bool,
}

pub(super) struct ActionView {
    pub(super) what: String,
    pub(super) line: String,
    pub(super) href: String,
    pub(super) tone: &'static str,
    pub(super) word: String,
}

struct ItemView {
    id: String,
    /// What tells its fields from those of the other matters; nothing for the one that the form was about.
    suffix: String,
    no: i64,
    title: String,
    matter: String,
    place: String,
    marks: Vec<String>,
    tone: &'static str,
    word: String,
    decision: String,
    tally: String,
    opinions: Vec<OpinionView>,
    actions: Vec<ActionView>,
    owners: Vec<Choice>,
    open: bool,
    removable: bool,
}

struct SeatView {
    id: String,
    party: String,
    title: String,
    name: String,
    heads: i64,
    presence: &'static str,
    word: String,
    confirmed: String,
    signs: bool,
}

struct MinutesView {
    line: String,
    body: String,
}

struct HungView {
    href: String,
    line: String,
    place: String,
}

struct Pick {
    value: String,
    title: String,
    line: String,
}

#[derive(Template)]
#[template(path = "council-file.html")]
struct FilePage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    href: String,
    public: String,
    ics: String,
    title: String,
    line: String,
    venue: String,
    tone: &'static str,
    word: String,
    notes: Vec<String>,
    state: State,
    writes: bool,
    closes: bool,
    confirms: bool,
    hangs: bool,
    residents: bool,
    /// Whether matters may still be put on the agenda.
    fills: bool,
    items: Vec<ItemView>,
    seats: Vec<SeatView>,
    promises: Vec<ActionView>,
    minutes: Vec<MinutesView>,
    draft: String,
    hung: Vec<HungView>,
    proofs: String,
    cases: Vec<Pick>,
    proposals: Vec<Pick>,
    people: Vec<Choice>,
    places: Vec<Choice>,
    parties: Vec<Choice>,
    presences: Vec<Choice>,
    stances: Vec<Choice>,
    answers: Vec<Choice>,
    outcomes: Vec<Choice>,
    electorates: Vec<Choice>,
    represented: Vec<Choice>,
    papers: Vec<Choice>,
    notice: (String, String),
    result: (String, String),
    /// When, as the form has it: day, from, until.
    times: (String, String, String),
    earliest: String,
    short: bool,
    due: String,
    source: String,
    vote: String,
}

impl FilePage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }

    /// What was typed, or what stands there.
    fn or<'a>(&'a self, name: &str, stands: &'a str) -> &'a str {
        match self.form.typed(name) {
            "" => stands,
            typed => typed,
        }
    }
}

/// How something that was undertaken stands, for staff with a way to its case.
pub(super) fn action(t: &T, one: &Undertaken, (now, staff): (Ts, bool)) -> ActionView {
    let number = one.stands.as_ref().map(|case| case.number.clone()).unwrap_or_default();
    let by = t.date(Ts(one.due_at().0 - 1));
    let moved = if one.due_at() == one.promised.due_at { "council-action-line" } else { "council-action-moved" };
    let (tone, key) = match &one.stands {
        _ if one.late(now) => ("act", "council-action-late"),
        Some(case) if case.closed_at.is_some() => ("well", "council-action-done"),
        Some(case) if case.finished_at.is_some() => ("info", "council-action-waits"),
        Some(_) => ("soon", "council-action-open"),
        None => ("", "council-action-gone"),
    };
    ActionView {
        what: one.promised.what.clone(),
        line: t.with(
            moved,
            &[
                ("who", one.promised.who.as_str().into()),
                ("by", by.into()),
                ("agreed", t.date(Ts(one.promised.due_at.0 - 1)).into()),
                ("number", number.into()),
            ],
        ),
        href: if staff { format!("/cases/{}", one.promised.case) } else { String::new() },
        tone,
        word: t.s(key).into_owned(),
    }
}

/// The colour of what became of a matter.
pub(super) const fn outcome_tone(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Open => "",
        Outcome::Agreed => "well",
        Outcome::Rejected => "act",
        Outcome::Deferred => "soon",
        Outcome::ToOwners | Outcome::ToResidents => "info",
        Outcome::Withdrawn => "",
    }
}

/// What there is to say of a matter besides its title: where it comes from, how often it was carried over, whose it is to decide.
pub(super) fn marks(t: &T, item: &Item) -> Vec<String> {
    let mut marks = vec![said(t, "council-from", item.source)];
    if item.carried > 0 {
        marks.push(t.n("council-carried-times", item.carried));
    }
    if item.carried_to.is_some() {
        marks.push(t.s("council-carried-on").into_owned());
    }
    if item.electorate != Electorate::Council {
        marks.push(said(t, "council-electorate", item.electorate));
    }
    marks
}

fn seat(t: &T, view: &StaffFile, seat: &Seat) -> SeatView {
    let meeting = &view.file.meeting;
    let confirmed = match seat.confirmed {
        0 => String::new(),
        version => t.n("council-confirmed-version", version),
    };
    SeatView {
        id: seat.id.to_string(),
        party: said(t, "council-party", seat.party),
        title: seat.title.clone(),
        name: view.names.iter().find(|(id, _)| *id == seat.id).map(|(_, name)| name.clone()).unwrap_or_default(),
        heads: seat.heads,
        presence: seat.presence.as_str(),
        word: said(t, "council-presence", seat.presence),
        confirmed,
        signs: meeting.state == State::Held
            && meeting.minutes > 0
            && seat.presence == Presence::Present
            && seat.confirmed < meeting.minutes,
    }
}

/// A matter with everything that was said of it.
async fn item(
    (t, now): (&T, Ts),
    hall: &Hall,
    (view, one): (&StaffFile, &Item),
    (suffix, place): (String, String),
) -> Result<ItemView, AppError> {
    let file = &view.file;
    let held = file.meeting.state == State::Held;
    let owners = if held && view.may.write {
        let answering = queries::owners(&mut hall.read().await?.conn(), file.meeting.district, &one.place, now).await?;
        let choice = |one: linli_people::model::Answering| {
            let text = format!("{} · {} · {}", said(t, "role", one.role), one.person_name, one.organisation);
            Choice::new(one.appointment.to_string(), text.trim_end_matches(" · ").to_owned())
        };
        answering.into_iter().map(choice).collect()
    } else {
        Vec::new()
    };
    let opinion = |opinion: &crate::model::Opinion| OpinionView {
        id: opinion.id.to_string(),
        tone: match opinion.stance {
            Stance::For => "well",
            Stance::Against => "act",
            Stance::Advice => "info",
        },
        stance: said(t, "council-stance", opinion.stance),
        line: format!("{}：{}", said(t, "council-party", opinion.party), opinion.reason),
        answer: opinion
            .answered
            .map(|how| format!("{}：{}", said(t, "council-answered", how), opinion.answer))
            .unwrap_or_default(),
        unanswered: opinion.unanswered(),
    };
    Ok(ItemView {
        id: one.id.to_string(),
        suffix,
        no: one.no,
        title: one.title.clone(),
        matter: one.matter.clone(),
        place,
        marks: marks(t, one),
        tone: outcome_tone(one.outcome),
        word: said(t, "council-outcome", one.outcome),
        decision: one.decision.clone(),
        tally: wording::tally(t, file, one).unwrap_or_default(),
        opinions: file.opinions.iter().filter(|opinion| opinion.item == one.id).map(opinion).collect(),
        actions: file
            .undertaken
            .iter()
            .filter(|done| done.promised.item == one.id)
            .map(|done| action(t, done, (now, true)))
            .collect(),
        owners,
        open: held && view.may.write && one.carried_to.is_none(),
        removable: view.may.write && file.meeting.state == State::Draft,
    })
}

fn picks(t: &T, office: &CouncilOffice, (file, offered): (&File, &Offered), now: Ts) -> (Vec<Pick>, Vec<Pick>) {
    let zh = official(t);
    let rules = office.cases().rules(&file.meeting.place, now).ok();
    let cases = offered.cases.iter().map(|case| {
        let class = rules.as_ref().and_then(|rules| rules.classes().find(&case.class));
        // What the reporter wrote may name somebody: the agenda says what kind of thing it is.
        let class = class.map_or_else(|| case.class.clone(), |class| class.zh.clone());
        Pick {
            value: case.id.to_string(),
            title: zh.with("council-case-title", &[("class", class.into()), ("number", case.number.as_str().into())]),
            line: match case.due_at {
                Some(due) => {
                    t.with("council-case-line", &[("title", case.title.as_str().into()), ("due", t.when(due, now).into())])
                }
                None => case.title.clone(),
            },
        }
    });
    let proposals = offered.proposals.iter().map(|proposal| Pick {
        value: proposal.id.to_string(),
        title: proposal.title.clone(),
        line: t.with("council-proposal-line", &[("n", proposal.seconds.into()), ("number", proposal.number.as_str().into())]),
    });
    (cases.collect(), proposals.collect())
}

fn notes(t: &T, file: &File, now: Ts) -> Vec<String> {
    let meeting = &file.meeting;
    let mut notes = Vec::new();
    if !meeting.short_because.is_empty() {
        notes.push(t.v("council-short-because", "because", &meeting.short_because));
    }
    if !meeting.cancelled_because.is_empty() {
        notes.push(t.v("council-cancelled-because", "because", &meeting.cancelled_because));
    }
    if meeting.state.held() {
        let absent: Vec<String> = file.absent().into_iter().map(|party| said(t, "council-party", party)).collect();
        if !absent.is_empty() {
            notes.push(t.v("council-absent", "who", absent.join("、")));
        }
        let by = file.rules.value.publish_by(meeting.kind, meeting.ends_at);
        if meeting.state != State::Published && by < now {
            notes.push(t.v("council-publish-late", "by", t.date(by)));
        }
    }
    notes
}

/// The words of a list that the page offers; those that nobody chooses are left out.
fn offered_words(t: &T) -> [Vec<Choice>; 5] {
    [
        choices(t, "council-party", Party::ALL.iter().map(|one| one.as_str())),
        choices(t, "council-presence", Presence::ALL.iter().filter(|one| **one != Presence::Invited).map(|one| one.as_str())),
        choices(t, "council-stance", Stance::ALL.iter().map(|one| one.as_str())),
        choices(t, "council-answered", Answered::ALL.iter().map(|one| one.as_str())),
        choices(t, "council-outcome", Outcome::ALL.iter().filter(|one| **one != Outcome::Open).map(|one| one.as_str())),
    ]
}

async fn page(caller: &Caller, hall: &Hall, id: &str, (form, problems): (&FormMap, Problems)) -> Result<FilePage, AppError> {
    let (t, office, now) = (caller.info.t().clone(), office(hall)?, hall.now());
    let id: MeetingId = id.parse().map_err(|_| CouncilError::NotFound)?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let view = queries::file(&caller.ctx, c, &office, id).await?;
    let (file, may) = (&view.file, view.may);
    let meeting = &file.meeting;
    let fills = may.write && matches!(meeting.state, State::Draft | State::Called);
    let offered = if fills || (may.write && meeting.state == State::Held) {
        queries::offered(&caller.ctx, c, file).await?
    } else {
        Offered::default()
    };
    let scope = Scope { district: meeting.district, place: meeting.place.clone() };
    let places = if fills || may.hang { queries::places(c, &scope).await? } else { Vec::new() };
    drop(read);
    let asked = form.typed("item");
    let mut items = Vec::new();
    for (position, one) in file.items.iter().enumerate() {
        let mine = if asked.is_empty() { position == 0 } else { one.id.to_string() == asked };
        let suffix = if mine { String::new() } else { format!("-{}", one.id) };
        let place = if one.place == meeting.place {
            String::new()
        } else {
            queries::spoken(&mut hall.read().await?.conn(), meeting.district, &one.place).await?
        };
        items.push(item((&t, now), hall, (&view, one), (suffix, place)).await?);
    }
    let (cases, proposals) = picks(&t, &office, (file, &offered), now);
    let [parties, presences, stances, answers, outcomes] = offered_words(&t);
    let minutes = view.minutes.iter().map(|one| MinutesView {
        line: t.with(
            if one.approved_at.is_some() { "council-minutes-approved" } else { "council-minutes-line" },
            &[("n", one.version.into()), ("at", t.moment(one.made_at).into()), ("reason", one.reason.as_str().into())],
        ),
        body: one.body.clone(),
    });
    let hung = file.postings.iter().map(|(posting, place)| HungView {
        href: format!("{}/hung/{}", page_of(meeting), posting.id),
        line: t.with(
            "council-hung-line",
            &[("paper", said(&t, "council-paper", posting.paper).into()), ("at", t.moment(posting.at).into())],
        ),
        place: place.clone(),
    });
    let (notice, result) = (wording::notice(&t, file), wording::result(&t, file));
    let local = (meeting.starts_at.local(), meeting.ends_at.local());
    let earliest = file.rules.value.earliest(meeting.kind, &office.cases().calendar(), now);
    Ok(FilePage {
        shell: caller.shell(meeting.title.clone()).live("/meetings/live"),
        href: format!("/meetings/{id}"),
        public: if meeting.called_at.is_some() { page_of(meeting) } else { String::new() },
        ics: format!("{}/event.ics", page_of(meeting)),
        title: meeting.title.clone(),
        line: format!("{} · {} · {}", said(&t, "council-kind", meeting.kind), file.place, meeting.number),
        venue: format!("{} · {}", hours(&t, meeting.starts_at, meeting.ends_at), meeting.venue),
        tone: tone(meeting.state),
        word: said(&t, "council-state", meeting.state),
        notes: notes(&t, file, now),
        state: meeting.state,
        writes: may.write,
        closes: may.close,
        confirms: may.confirm,
        hangs: may.hang,
        residents: meeting.kind == Kind::Residents,
        fills,
        seats: file.seats.iter().map(|one| seat(&t, &view, one)).collect(),
        promises: file.promises.iter().map(|one| action(&t, one, (now, true))).collect(),
        minutes: minutes.collect(),
        draft: if meeting.state == State::Held { wording::minutes(&t, file) } else { String::new() },
        hung: hung.collect(),
        proofs: format!("{}{}", proof_line(&t, file.proofs.0.as_ref()), proof_line(&t, file.proofs.1.as_ref())),
        people: offered.people.iter().map(|(id, name)| Choice::new(id.to_string(), name.clone())).collect(),
        places: places.into_iter().map(|(path, name)| Choice::new(path.to_string(), name)).collect(),
        electorates: choices(&t, "council-electorate", Electorate::ALL.iter().map(|one| one.as_str())),
        represented: choices(&t, "council-represented", Represented::ALL.iter().map(|one| one.as_str())),
        papers: choices(&t, "council-paper", Paper::ALL.iter().map(|one| one.as_str())),
        notice: (notice.title, notice.body),
        result: (result.title, result.body),
        times: (local.0.date().to_string(), local.0.strftime("%H:%M").to_string(), local.1.strftime("%H:%M").to_string()),
        earliest: t.moment(earliest),
        short: meeting.starts_at < earliest,
        due: now.local().date().saturating_add(jiff::ToSpan::days(14)).to_string(),
        source: source(&t, &file.rules.stamp),
        vote: file.rules.value.vote().citation.clone(),
        items,
        cases,
        proposals,
        parties,
        presences,
        stances,
        answers,
        outcomes,
        problems,
        form: form.clone(),
        t,
    })
}

/// `GET /meetings/{id}`.
pub(crate) async fn show(caller: Caller, FromHall(hall): FromHall<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, &id, (&FormMap::default(), Problems::default())).await?)))
}

/// Back to a part of the meeting's page, or the page again with what is wrong.
pub(super) async fn back(
    caller: &Caller,
    hall: &Hall,
    id: &str,
    (form, done, part): (&FormMap, Result<(), AppError>, &str),
) -> Result<Response, AppError> {
    match done {
        Ok(()) => Ok(axum::response::Redirect::to(&format!("/meetings/{id}{part}")).into_response()),
        Err(error) => {
            let status = error.status();
            let page = page(caller, hall, id, (form, error.into_problems()?)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}
