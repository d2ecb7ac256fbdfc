//! The meetings of a place (议事工作台), and a new one.

use askama::Template;
use axum::extract::State as FromHall;
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_kernel::PlacePath;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{TOLD, choices, hours, moment, office, private, run, said, take_key, tone, word};
use crate::commands::meetings::{self as commands, NewMeeting, When};
use crate::error::{CouncilError, Wrong};
use crate::model::{Kind, Meeting, State};
use crate::queries;

struct Row {
    href: String,
    title: String,
    line: String,
    tone: &'static str,
    word: String,
    /// What is to be done next; empty when nothing is.
    next: String,
    late: bool,
}

#[derive(Template)]
#[template(path = "council-desk.html")]
struct DeskPage {
    shell: Shell,
    t: T,
    calls: bool,
    coming: Vec<Row>,
    working: Vec<Row>,
    past: Vec<Row>,
}

fn row(t: &T, meeting: &Meeting, next: String, late: bool) -> Row {
    let kind = said(t, "council-kind", meeting.kind);
    Row {
        href: format!("/meetings/{}", meeting.id),
        title: meeting.title.clone(),
        line: format!("{kind} · {} · {} · {}", hours(t, meeting.starts_at, meeting.ends_at), meeting.venue, meeting.number),
        tone: tone(meeting.state),
        word: said(t, "council-state", meeting.state),
        next,
        late,
    }
}

/// `GET /meetings`.
pub(crate) async fn show(caller: Caller, FromHall(hall): FromHall<Hall>) -> Result<Response, AppError> {
    let (t, now, office) = (caller.info.t().clone(), hall.now(), office(&hall)?);
    let mut read = hall.read().await?;
    let all = queries::desk(&caller.ctx, &mut read.conn()).await?;
    drop(read);
    let calls = caller.ctx.scope(Action::Create, Resource::Meeting).is_ok();
    let (mut coming, mut working, mut past) = (Vec::new(), Vec::new(), Vec::new());
    for meeting in all.iter().rev() {
        let by = office.rules(&meeting.place, now).map_err(CouncilError::from)?.value.publish_by(meeting.kind, meeting.ends_at);
        let late = meeting.state != State::Draft && by < now;
        let key = match meeting.state {
            State::Draft => "council-next-call",
            State::Called if meeting.starts_at <= now => "council-next-hold",
            State::Held if meeting.minutes == 0 => "council-next-minutes",
            State::Held => "council-next-approve",
            State::Approved => "council-next-publish",
            _ => "",
        };
        let next = if key.is_empty() { String::new() } else { t.v(key, "by", t.date(by)) };
        let shown = row(&t, meeting, next, late && !key.is_empty());
        match meeting.state {
            State::Called if meeting.starts_at > now => coming.push(shown),
            State::Draft | State::Called | State::Held | State::Approved => working.push(shown),
            State::Published | State::Cancelled => past.push(shown),
        }
    }
    past.reverse();
    let shell = caller.shell(t.s("council-title")).live("/meetings/live");
    Ok(private(Page(DeskPage { shell, calls, coming, working, past, t })))
}

/// `GET /meetings/live`.
pub(crate) async fn live(caller: Caller, FromHall(hall): FromHall<Hall>, headers: HeaderMap) -> Result<Response, AppError> {
    let scope = caller.ctx.scope(Action::Read, Resource::Meeting).map_err(CouncilError::from)?;
    hall.stream(&caller.ctx, &headers, (scope, TOLD), None).await
}

#[derive(Template)]
#[template(path = "council-new.html")]
struct NewPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    kinds: Vec<Choice>,
    places: Vec<Choice>,
    convener: String,
    /// The first day on which a joint meeting may be held when it is told of today.
    day: String,
    title: String,
}

impl NewPage {
    fn typed(&self, name: &str) -> &str {
        match self.form.typed(name) {
            "" => match name {
                "kind" => Kind::Joint.as_str(),
                "convener" => &self.convener,
                "day" => &self.day,
                "title" => &self.title,
                "from" => "19:00",
                "until" => "20:30",
                _ => "",
            },
            typed => typed,
        }
    }
}

async fn new_page(caller: &Caller, hall: &Hall, form: &FormMap, problems: Problems) -> Result<NewPage, AppError> {
    let (t, now, office) = (caller.info.t().clone(), hall.now(), office(hall)?);
    let scope = caller.ctx.scope(Action::Create, Resource::Meeting).map_err(CouncilError::from)?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let places = queries::places(c, &scope).await?;
    let convener = queries::convener(&caller.ctx, c, scope.district).await?;
    let rules = office.rules(&scope.place, now).map_err(CouncilError::from)?;
    let earliest = rules.value.earliest(Kind::Joint, &office.cases().calendar(), now).local();
    let title = super::wording::official(&t).n("council-new-title-usual", i64::from(earliest.month()));
    let kinds = choices(&t, "council-kind", Kind::ALL.iter().map(|kind| kind.as_str()));
    let hinted = |kind: Choice| {
        let hint = t.s(&format!("council-kind-hint-{}", kind.value)).into_owned();
        kind.hint(hint)
    };
    Ok(NewPage {
        shell: caller.shell(t.s("council-new")),
        problems,
        form: form.clone(),
        kinds: kinds.into_iter().map(hinted).collect(),
        places: places.into_iter().map(|(path, name)| Choice::new(path.to_string(), name)).collect(),
        convener,
        day: earliest.date().to_string(),
        title,
        t,
    })
}

/// `GET /meetings/new`.
pub(crate) async fn new(caller: Caller, FromHall(hall): FromHall<Hall>) -> Result<Response, AppError> {
    Ok(private(Page(new_page(&caller, &hall, &FormMap::default(), Problems::default()).await?)))
}

/// When and where, from a form: the day, from and until what hour, the venue.
pub(crate) fn when_of(form: &FormMap) -> Result<When<'_>, CouncilError> {
    Ok(When {
        title: form.typed("title"),
        starts_at: moment(form, "day", "from")?,
        ends_at: moment(form, "day", "until")?,
        venue: form.typed("venue"),
    })
}

/// `POST /meetings`: makes a meeting, and goes on to its agenda.
pub(crate) async fn draft(mut caller: Caller, FromHall(hall): FromHall<Hall>, form: FormMap) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let place: PlacePath = word(&form, "place").map_err(|_| CouncilError::field("place", Wrong::NotAChoice))?;
        let new = NewMeeting { kind: word(&form, "kind")?, place, convener: form.typed("convener"), when: when_of(&form)? };
        run!(caller, hall, tx => commands::draft(&caller.ctx, tx, &new))
    };
    match done.await {
        Ok(id) => Ok(Redirect::to(&format!("/meetings/{id}")).into_response()),
        Err(error) => {
            let status = error.status();
            let page = new_page(&caller, &hall, &form, error.into_problems()?).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}
