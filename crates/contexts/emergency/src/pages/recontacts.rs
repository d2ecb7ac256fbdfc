//! Who is to be called again (待回拨): the first due on top, those that are over in red.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use linli_hall::{Caller, Hall};
use linli_webkit::view::Choice;
use linli_webkit::{AppError, Page, Shell, T};

use super::file::found_choices;
use super::{office, private};
use crate::queries::calls as queries;

struct Due {
    id: String,
    href: String,
    place: String,
    told: String,
    phone: String,
    word: String,
    when: String,
    late: bool,
    unanswered: i64,
}

#[derive(Template)]
#[template(path = "emergency-recontacts.html")]
struct RecontactsPage {
    shell: Shell,
    t: T,
    rows: Vec<Due>,
    found: Vec<Choice>,
    force: String,
}

/// `GET /emergency/call-backs`.
pub(crate) async fn list(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let (t, office, now) = (caller.info.t().clone(), office(&hall)?, hall.now());
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let force = queries::force(&caller.ctx, c, &office).await?;
    let rows = queries::recontacts(&caller.ctx, c, &office).await?.into_iter().map(|(one, line)| {
        let told = line.told.unwrap_or_default();
        let to = line.call.diverted_to.map(|to| t.s(&format!("emergency-diverted-to-{to}")).into_owned());
        Due {
            id: one.id.to_string(),
            href: format!("/emergency/{}", line.call.id),
            place: if told.place.is_empty() { t.s("emergency-no-place").into_owned() } else { told.place },
            told: told.told,
            phone: told.number,
            word: to.unwrap_or_default(),
            when: t.v("emergency-recontact-due", "when", t.when(one.due_at, now)),
            late: one.due_at <= now,
            unanswered: one.unanswered,
        }
    });
    let page = RecontactsPage {
        shell: caller.shell(t.s("emergency-recontacts-title")).live("/emergency/live"),
        rows: rows.collect(),
        found: found_choices(&t),
        force: match &force.now {
            Some(one) => {
                t.with("emergency-force-on", &[("name", one.physician.as_str().into()), ("when", t.when(one.since, now).into())])
            }
            None => t.s("emergency-force-off").into_owned(),
        },
        t,
    };
    Ok(private(Page(page)))
}
