//! What somebody who claimed a home sees of the lift (我家的电梯): own word, own share, own windows; and says it here.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use linli_hall::{Caller, Hall};
use linli_identity::claimed::home_of_session;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::schemes::pays;
use super::{back, choices, home_name, office, optional, private, stance_tone, stance_word, take_key, word};
use crate::commands::homes as commands;
use crate::model::Matter;
use crate::queries;

struct SchemeRow {
    name: String,
    pays: String,
    more: String,
}

#[derive(Template)]
#[template(path = "lift-own.html")]
struct OwnPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    title: String,
    home: String,
    stage: String,
    counts: String,
    tone: &'static str,
    stand: String,
    schemes: Vec<SchemeRow>,
    windows: Vec<String>,
    stances: Vec<Choice>,
    matters: Vec<Choice>,
    signed: bool,
    progress: String,
}

impl OwnPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    headers: &HeaderMap,
    (form, problems): (&FormMap, Problems),
) -> Result<OwnPage, AppError> {
    let (t, office) = (caller.info.t().clone(), office(hall)?);
    let (district, home) = home_of_session(caller, hall, headers).await?;
    let own = {
        let mut read = hall.read().await?;
        queries::own(&mut read.conn(), &office, (district, &home), hall.now()).await?
    };
    let stance = own.said.as_ref().map(|(stance, _)| *stance);
    let scheme = |(scheme, part): &(crate::model::Scheme, Option<crate::rules::shares::Part>)| {
        let (pays, more) = part.map(|part| pays(&t, part)).unwrap_or_default();
        SchemeRow { name: scheme.body.name.clone(), pays, more }
    };
    let stances = ["agree", "object", "undecided"];
    Ok(OwnPage {
        shell: Shell::new(&caller.info, t.s("lift-own-title")),
        title: own.project.title.clone(),
        home: home_name(&t, &own.home),
        stage: t.s(&format!("lift-stage-{}", own.project.stage)).into_owned(),
        counts: t.with("lift-letter-counts", &[("homes", own.agree.1.into()), ("agree", own.agree.0.into())]),
        tone: stance_tone(stance),
        stand: stance_word(&t, stance),
        schemes: own.schemes.iter().map(scheme).collect(),
        windows: own.light.iter().map(|lit| super::paper::window_line(&t, &own.sun.value, lit)).collect(),
        stances: choices(&t, "lift-stance", stances),
        matters: choices(&t, "lift-matter", Matter::ALL.iter().map(|one| one.as_str())),
        signed: own.home.signed.is_some(),
        progress: queries::progress_href(district, &own.project.place),
        form: form.clone(),
        problems,
        t,
    })
}

/// `GET /my-home/lift`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, headers: HeaderMap) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, &headers, (&FormMap::default(), Problems::default())).await?)))
}

/// `POST /my-home/lift`.
pub(crate) async fn say(
    mut caller: Caller,
    State(hall): State<Hall>,
    headers: HeaderMap,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let office = office(&hall)?;
        let (district, home) = home_of_session(&caller, &hall, &headers).await?;
        let what = (word(&form, "stance")?, optional(&form, "reason")?, form.typed("said"));
        let mut tx = hall.begin(district).await?;
        commands::say_online(&caller.ctx, &mut tx, &office, &home, what).await?;
        hall.commit(tx).await
    };
    match done.await {
        Ok(()) => Ok(back("/my-home/lift")),
        Err(error) => {
            let status = error.status();
            let page = page(&caller, &hall, &headers, (&form, error.into_problems()?)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}
