//! Renovation items of a place, estate by estate; one is entered here.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::estate::{item_name, item_tone};
use super::{back, money, office, private, run, source, take_key};
use crate::commands::items as commands;
use crate::error::RetrofitError;
use crate::model::Funding;
use crate::queries;

struct Row {
    href: String,
    title: String,
    line: String,
    tone: &'static str,
    word: String,
}

struct Estate {
    name: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "renovation-list.html")]
struct ListPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    estates: Vec<Estate>,
    codes: Vec<Choice>,
    funds: Vec<(&'static str, String)>,
    enters: bool,
    source: String,
}

impl ListPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }
}

/// The five amounts of a form.
pub(crate) fn funding(form: &FormMap) -> Result<Funding, RetrofitError> {
    Ok(Funding {
        central: money(form, "central")?,
        city: money(form, "city")?,
        district: money(form, "district")?,
        owners: money(form, "owners")?,
        capital: money(form, "capital")?,
    })
}

/// Who may pay, with the words for it.
pub(crate) fn funds(t: &T) -> Vec<(&'static str, String)> {
    Funding::default().parts().map(|(who, _)| (who, t.s(&format!("renovation-{who}")).into_owned())).into()
}

async fn page(caller: &Caller, hall: &Hall, form: &FormMap, problems: Problems) -> Result<ListPage, AppError> {
    let (t, office) = (caller.info.t().clone(), office(hall)?);
    let scope = caller.ctx.scope(Action::Read, Resource::Renovation).map_err(RetrofitError::from)?;
    let rules = office.renovation(&scope.place, hall.now()).map_err(RetrofitError::from)?;
    let found = {
        let mut read = hall.read().await?;
        queries::renovation(&caller.ctx, &mut read.conn()).await?
    };
    let mut estates: Vec<Estate> = Vec::new();
    for (item, name) in &found {
        let class = t.s(&format!("renovation-class-{}", item.class)).into_owned();
        let row = Row {
            href: format!("/renovation/{}", item.id),
            title: item_name(&t, &rules.value, item),
            line: t.with("renovation-line", &[("class", class.into()), ("percent", item.percent.into())]),
            tone: item_tone(item.state),
            word: t.s(&format!("renovation-state-{}", item.state)).into_owned(),
        };
        match estates.last_mut() {
            Some(last) if last.name == *name => last.rows.push(row),
            _ => estates.push(Estate { name: name.clone(), rows: vec![row] }),
        }
    }
    let code = |(class, code, name): (crate::model::Class, &str, &str)| {
        Choice::new(code, format!("{} · {name}", t.s(&format!("renovation-class-{class}"))))
    };
    Ok(ListPage {
        shell: caller.shell(t.s("renovation-title")),
        estates,
        codes: rules.value.items(t.locale().tag()).map(code).collect(),
        funds: funds(&t),
        enters: caller.ctx.scope(Action::Create, Resource::Renovation).is_ok(),
        source: source(&t, &rules.stamp),
        form: form.clone(),
        problems,
        t,
    })
}

/// `GET /renovation`.
pub(crate) async fn list(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, &FormMap::default(), Problems::default()).await?)))
}

/// `POST /renovation`.
pub(crate) async fn enter(mut caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let office = office(&hall)?;
        let what = (form.typed("estate"), form.typed("code"), form.typed("title"));
        let funding = funding(&form)?;
        run!(caller, hall, tx => commands::enter(&caller.ctx, tx, &office, what, funding))
    };
    match done.await {
        Ok(id) => Ok(back(&format!("/renovation/{id}"))),
        Err(error) => {
            let status = error.status();
            let page = page(&caller, &hall, &form, error.into_problems()?).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}
