//! A vote is drafted (发起表决).

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use linli_access::{Action, Resource};
use linli_db::Conn;
use linli_hall::{Caller, Hall};
use linli_kernel::PlacePath;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{doubts, office, private, run, source, take_key, word};
use crate::commands::votes::{self as commands, NewVote};
use crate::error::{BallotError, Wrong};
use crate::model::{Call, Mode, Silent};

/// Matters that the form has room for.
const ROOM: usize = 5;

struct TopicField {
    no: usize,
    matter: String,
    text: String,
}

#[derive(Template)]
#[template(path = "ballot-draft.html")]
struct DraftPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    estates: Vec<Choice>,
    modes: Vec<Choice>,
    calls: Vec<Choice>,
    silents: Vec<Choice>,
    matters: Vec<Choice>,
    topics: Vec<TopicField>,
    with_parking: bool,
    source: String,
    doubts: String,
}

impl DraftPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }

    /// What was typed, or what is usual.
    fn usual<'a>(&'a self, name: &str, usual: &'a str) -> &'a str {
        match self.form.typed(name) {
            "" => usual,
            typed => typed,
        }
    }
}

async fn page(caller: &Caller, hall: &Hall, (form, problems): (&FormMap, Problems)) -> Result<DraftPage, AppError> {
    let (t, office) = (caller.info.t().clone(), office(hall)?);
    let scope = caller.ctx.scope(Action::Create, Resource::Vote).map_err(BallotError::from)?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let estates = linli_territory::queries::estates(c, &scope, None, 500).await.map_err(BallotError::from)?;
    let rule = office.rules(c, scope.district, (&scope.place, hall.now())).await?;
    let lang = t.locale().tag();
    let words = |stem: &str, all: Vec<&'static str>| {
        all.into_iter().map(|word| Choice::new(word, t.s(&format!("{stem}-{word}")).into_owned())).collect::<Vec<_>>()
    };
    let topic = |no: usize| TopicField {
        no,
        matter: form.typed(&format!("matter_{no}")).to_owned(),
        text: form.typed(&format!("topic_{no}")).to_owned(),
    };
    let matter = |one: &crate::rules::Matter| {
        let told = [("no", one.no.into()), ("text", one.text(lang).into())];
        Choice::new(one.no.to_string(), t.with("ballot-matter", &told))
    };
    Ok(DraftPage {
        shell: caller.shell(t.s("ballot-new")),
        estates: estates.into_iter().map(|estate| Choice::new(estate.place.code, estate.place.name)).collect(),
        modes: words("ballot-mode", Mode::ALL.iter().map(|one| one.as_str()).collect()),
        calls: words("ballot-call", Call::ALL.iter().map(|one| one.as_str()).collect()),
        silents: words("ballot-silent", Silent::ALL.iter().map(|one| one.as_str()).collect()),
        matters: rule.value.matters().iter().map(matter).collect(),
        topics: (1..=ROOM).map(topic).collect(),
        with_parking: !form.typed("with_parking").is_empty(),
        source: source(&t, &rule),
        doubts: doubts(&t, &rule),
        problems,
        form: form.clone(),
        t,
    })
}

/// `GET /votes/new`.
pub(crate) async fn form(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, (&FormMap::default(), Problems::default())).await?)))
}

/// The estate that was chosen, or the building or entrance of it that was typed: `3栋`, `3栋 2单元`.
async fn place_of(c: &mut Conn<'_>, district: linli_kernel::DistrictId, form: &FormMap) -> Result<PlacePath, BallotError> {
    let estate = form.typed("place");
    if estate.is_empty() {
        return Err(BallotError::field("place", Wrong::Required));
    }
    let typed = form.typed("part");
    let parts = typed.split(|sign: char| sign.is_whitespace() || sign == '/').filter(|part| !part.is_empty());
    let key = std::iter::once(estate).chain(parts).collect::<Vec<_>>().join("/");
    let field = if typed.trim().is_empty() { "place" } else { "part" };
    let found = linli_territory::queries::resolve(c, district, &key).await?;
    found.map(|place| place.path).ok_or(BallotError::field(field, Wrong::UnknownPlace))
}

fn topics(form: &FormMap) -> Result<Vec<(Option<i64>, String)>, BallotError> {
    let mut all = Vec::new();
    for no in 1..=commands::TOPICS_MOST {
        let text = form.typed(&format!("topic_{no}")).trim();
        if text.is_empty() {
            continue;
        }
        let matter = match form.typed(&format!("matter_{no}")) {
            "" => None,
            typed => Some(typed.parse().map_err(|_| BallotError::MatterUnknown)?),
        };
        all.push((matter, text.to_owned()));
    }
    Ok(all)
}

/// `POST /votes/new`.
pub(crate) async fn make(mut caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let scope = caller.ctx.scope(Action::Create, Resource::Vote).map_err(BallotError::from)?;
        let (office, topics) = (office(&hall)?, topics(&form)?);
        let place = place_of(&mut hall.read().await?.conn(), scope.district, &form).await?;
        let new = NewVote {
            place,
            mode: word(&form, "mode")?,
            call: word(&form, "call")?,
            title: form.typed("title"),
            body: form.typed("body"),
            topics,
            with_parking: !form.typed("with_parking").is_empty(),
            silent: word(&form, "silent")?,
            silent_basis: form.typed("silent_basis"),
        };
        run!(caller, hall, tx => commands::draft(&caller.ctx, tx, &office, &new))
    };
    match done.await {
        Ok(id) => Ok(Redirect::to(&format!("/votes/{id}")).into_response()),
        Err(error) => {
            let status = error.status();
            let page = page(&caller, &hall, (&form, error.into_problems()?)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}
