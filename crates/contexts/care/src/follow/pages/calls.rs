//! Whom a family-doctor team calls today, and who is red.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use linli_db::Conn;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlacePath};
use linli_webkit::{AppError, Page, Shell, T};

use super::{desk, district, in_words, level_tone, neighbours, tone};
use crate::follow::error::FollowError;
use crate::follow::model::{Alarm, Level};
use crate::follow::queries::{self, Alarmed, Listed, Newcomer};
use crate::model::Visit;
use crate::pages::private;

/// Somebody on a list.
struct Row {
    href: String,
    name: String,
    place: String,
    words: String,
    tone: &'static str,
    mark: String,
    when: String,
    late: bool,
    urgent: bool,
}

#[derive(Template)]
#[template(path = "follow-calls.html")]
struct CallsPage {
    shell: Shell,
    t: T,
    alarms: Vec<Row>,
    due: Vec<Row>,
    /// Visits that were asked for in the last days.
    visits: Vec<Row>,
    /// Who is new, and was found unwell by a visit.
    unwell: Vec<Row>,
    newcomers: Vec<Row>,
}

#[derive(Template)]
#[template(path = "follow-red.html")]
struct RedPage {
    shell: Shell,
    t: T,
    undecided: Vec<Row>,
    red: Vec<Row>,
}

/// `GET /care/calls`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let (t, desk) = (caller.info.t().clone(), desk(&hall)?);
    let here = district(&caller.ctx)?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let list = queries::call_list(&caller.ctx, c, &desk).await?;
    let mut clerk = Clerk { hall: &hall, t: &t, district: here, now: hall.now() };
    let (mut alarms, mut due) = (Vec::with_capacity(list.alarms.len()), Vec::with_capacity(list.due.len()));
    let (mut newcomers, mut unwell, mut visits) = (Vec::with_capacity(list.newcomers.len()), Vec::new(), Vec::new());
    for asked in &queries::asked_visits(&caller.ctx, c, &desk).await? {
        visits.push(clerk.visit(c, asked).await?);
    }
    for alarmed in &list.alarms {
        alarms.push(clerk.alarm(c, alarmed).await?);
    }
    for listed in &list.due {
        due.push(clerk.due(c, listed).await?);
    }
    for newcomer in &list.newcomers {
        let rows = if newcomer.unwell.is_some() { &mut unwell } else { &mut newcomers };
        rows.push(clerk.newcomer(c, newcomer).await?);
    }
    Ok(private(Page(CallsPage { shell: caller.shell(t.s("follow-calls-title")), alarms, due, visits, unwell, newcomers, t })))
}

/// `GET /care/red`.
pub(crate) async fn red(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let (t, desk) = (caller.info.t().clone(), desk(&hall)?);
    let here = district(&caller.ctx)?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let mut clerk = Clerk { hall: &hall, t: &t, district: here, now: hall.now() };
    let (mut undecided, mut red) = (Vec::new(), Vec::new());
    for listed in &queries::red_list(&caller.ctx, c, &desk).await? {
        let row = clerk.due(c, listed).await?;
        if listed.followed.undecided { undecided.push(row) } else { red.push(row) }
    }
    Ok(private(Page(RedPage { shell: caller.shell(t.s("follow-red-title")), undecided, red, t })))
}

/// Puts rows into words.
struct Clerk<'a> {
    hall: &'a Hall,
    t: &'a T,
    district: DistrictId,
    now: linli_kernel::Ts,
}

impl Clerk<'_> {
    async fn place(&mut self, c: &mut Conn<'_>, place: &PlacePath) -> Result<String, AppError> {
        let named = neighbours(self.hall)?.place_name(c, self.district, place).await;
        Ok(named.map_err(FollowError::from)?)
    }

    async fn alarm(&mut self, c: &mut Conn<'_>, alarmed: &Alarmed) -> Result<Row, AppError> {
        let alarm = &alarmed.alarm;
        let told = alarmed.reading.as_ref().map(|reading| in_words(self.t, &reading.vitals));
        Ok(Row {
            href: format!("/care/follow/{}", alarm.person),
            name: alarmed.name.clone(),
            place: self.place(c, &alarm.place).await?,
            words: [Some(why(self.t, alarm)), told].into_iter().flatten().collect::<Vec<_>>().join(" · "),
            tone: level_tone(alarm.level),
            mark: self.t.s(&format!("follow-level-{}", alarm.level)).into_owned(),
            when: self.t.when(alarm.raised_at, self.now),
            late: false,
            urgent: alarm.level == Level::Emergency,
        })
    }

    /// A visit that was asked for: how far it is, and what it came to.
    async fn visit(&mut self, c: &mut Conn<'_>, (alarmed, visit): &(Alarmed, Visit)) -> Result<Row, AppError> {
        let (tone, mark) = super::visits::standing(self.t, visit);
        Ok(Row {
            href: format!("/care/follow/{}#visits", alarmed.alarm.person),
            name: alarmed.name.clone(),
            place: self.place(c, &alarmed.alarm.place).await?,
            words: self.t.with(
                "follow-visit-line",
                &[("number", visit.number.as_str().into()), ("why", why(self.t, &alarmed.alarm).into())],
            ),
            tone,
            mark,
            when: self.t.when(visit.ended_at.unwrap_or(visit.opened_at), self.now),
            late: false,
            urgent: false,
        })
    }

    async fn newcomer(&mut self, c: &mut Conn<'_>, newcomer: &Newcomer) -> Result<Row, AppError> {
        let row = Row {
            href: format!("/care/follow/{}/factors", newcomer.person),
            name: newcomer.name.clone(),
            place: self.place(c, &newcomer.place).await?,
            words: String::new(),
            tone: "info",
            mark: self.t.s("follow-newcomer").into_owned(),
            when: self.t.v("follow-newcomer-since", "when", self.t.when(newcomer.since, self.now)),
            late: false,
            urgent: false,
        };
        let Some((number, at)) = &newcomer.unwell else { return Ok(row) };
        // To be telephoned first: the page that has the number.
        Ok(Row {
            href: format!("/care/follow/{}", newcomer.person),
            words: self.t.v("follow-unwell-line", "number", number.as_str()),
            tone: "act",
            mark: self.t.s("follow-unwell").into_owned(),
            when: self.t.when(*at, self.now),
            ..row
        })
    }

    async fn due(&mut self, c: &mut Conn<'_>, listed: &Listed) -> Result<Row, AppError> {
        let followed = &listed.followed;
        Ok(Row {
            href: format!("/care/follow/{}", followed.person),
            name: listed.name.clone(),
            place: self.place(c, &followed.place).await?,
            words: if followed.undecided { self.t.s("follow-undecided").into_owned() } else { String::new() },
            tone: tone(followed.colour),
            mark: self.t.s(&format!("follow-colour-{}", followed.colour)).into_owned(),
            when: followed.next_due.map(|due| self.t.when(due, self.now)).unwrap_or_default(),
            late: followed.next_due.is_some_and(|due| due < self.now),
            urgent: false,
        })
    }
}

/// Why an alarm was raised, in words.
pub(super) fn why(t: &T, alarm: &Alarm) -> String {
    let words: Vec<String> = alarm.reasons.iter().map(|reason| t.s(&format!("follow-reason-{reason}")).into_owned()).collect();
    let words = words.join(&t.s("follow-comma"));
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
