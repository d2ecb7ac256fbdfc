//! `GET requests` and `GET requests/{id}`: what everybody may know of cases. An id is the number of a case.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::response::Response;
use linli_access::Role;
use linli_cases::CaseState;
use linli_cases::queries::{self, Published, PublishedStep};
use linli_cases::rules::Rules;
use linli_db::Conn;
use linli_hall::Hall;
use linli_kernel::Ts;
use linli_territory::Signposts;
use linli_territory::model::District;
use linli_webkit::{RequestInfo, T};

use super::{Document, answer, english, nowhere, read, rules, signposts};
use crate::answer::{Format, Refusal, named, store};
use crate::asked::{Args, Wanted};
use crate::jurisdiction;
use crate::location::Names;
use crate::node::Node;

/// `GET requests.{format}`.
pub(crate) async fn list(info: RequestInfo, State(hall): State<Hall>) -> Response {
    let outcome = listed(&info, &hall);
    answer(&info, Format::of(info.path()), outcome.await)
}

async fn listed(info: &RequestInfo, hall: &Hall) -> Result<Document, Refusal> {
    let args = Args::of_query(info.query());
    // A thousand requests are a hundred times the work of a page, and anybody may ask for them.
    let admitted = hall.limits().check("public-list", linli_webkit::rate::address(info.client_ip()));
    admitted.map_err(|error| Refusal::of_house(&error, info.t()))?;
    let mut read = read(hall, info.t()).await?;
    let c = &mut read.conn();
    let district = jurisdiction::meant(c, &args).await?;
    let rules = rules(hall, info.t(), &district.path)?;
    let cases = match Wanted::of(&args, info.now())? {
        Wanted::Numbers(numbers) => {
            queries::published_by_numbers(c, district.id, rules.classes().published(), &numbers).await.map_err(store)?
        }
        Wanted::Fitting { filter, skip, take } => {
            if let Some(unknown) = filter.classes.iter().find(|code| rules.classes().find(code).is_none()) {
                return Err(Refusal::not_found("open311-error-service").arg("code", unknown.as_str()));
            }
            let most = i64::try_from(skip.saturating_add(take)).unwrap_or(i64::MAX);
            let found = queries::published(c, district.id, rules.classes().published(), (&filter, most)).await.map_err(store)?;
            found.into_iter().skip(skip).collect()
        }
    };
    shown(c, info.t(), (&district, &rules, &*signposts(hall, info.t())?), &cases, args.extended()).await
}

/// `GET requests/{id}.{format}`.
pub(crate) async fn one(info: RequestInfo, State(hall): State<Hall>, Path(file): Path<String>) -> Response {
    let Some((id, format)) = named(&file) else { return nowhere(info).await };
    let outcome = found(&info, &hall, id);
    answer(&info, format, outcome.await)
}

async fn found(info: &RequestInfo, hall: &Hall, id: &str) -> Result<Document, Refusal> {
    let args = Args::of_query(info.query());
    let mut read = read(hall, info.t()).await?;
    let c = &mut read.conn();
    let district = jurisdiction::meant(c, &args).await?;
    if id.is_empty() {
        return Err(Refusal::wrong("open311-error-request-missing"));
    }
    let rules = rules(hall, info.t(), &district.path)?;
    let grain = rules.classes().published();
    let cases = queries::published_by_numbers(c, district.id, grain, &[id.to_owned()]).await.map_err(store)?;
    if cases.is_empty() {
        return Err(Refusal::not_found("open311-error-request").arg("id", id));
    }
    shown(c, info.t(), (&district, &rules, &*signposts(hall, info.t())?), &cases, args.extended()).await
}

async fn shown(
    c: &mut Conn<'_>,
    t: &T,
    (district, rules, posts): (&District, &Rules, &Signposts),
    cases: &[Published],
    extended: bool,
) -> Result<Document, Refusal> {
    let names = Names::around(c, posts, district, cases).await?;
    let mut words = Words { t, states: HashMap::new(), roles: HashMap::new() };
    let mut requests = Vec::with_capacity(cases.len());
    for case in cases {
        let mut fields = request(&mut words, rules, &names, case);
        if extended {
            let steps = queries::published_steps(c, district.id, rules.classes().published(), case.id).await.map_err(store)?;
            fields.push(("notes", Node::List("note", steps.iter().map(|step| note(t, step)).collect())));
        }
        requests.push(Node::Fields(fields));
    }
    Ok(("service_requests", Node::List("request", requests)))
}

/// The words of states and roles in one language: there are few of them, and a thousand requests.
struct Words<'a> {
    t: &'a T,
    states: HashMap<CaseState, String>,
    roles: HashMap<Role, String>,
}

impl Words<'_> {
    fn state(&mut self, state: CaseState) -> &str {
        self.states.entry(state).or_insert_with(|| state_word(self.t, state))
    }

    fn role(&mut self, role: Role) -> &str {
        self.roles.entry(role).or_insert_with(|| self.t.s(&format!("role-{role}")).into_owned())
    }
}

fn request(words: &mut Words<'_>, rules: &Rules, names: &Names, case: &Published) -> Vec<(&'static str, Node)> {
    let class = rules.classes().find(&case.class);
    let name = class.map_or(case.class.as_str(), |class| class.name(english(words.t)));
    let degrees = |e7: Option<i64>| e7.map_or(Node::Nothing, Node::Degrees);
    vec![
        ("service_request_id", Node::text(&case.number)),
        ("status", Node::text(if case.closed_at.is_none() { "open" } else { "closed" })),
        ("status_notes", Node::text(words.state(case.state))),
        ("service_name", Node::text(name)),
        ("service_code", Node::text(&case.class)),
        // In whose words it was reported is not public.
        ("description", Node::Nothing),
        ("agency_responsible", Node::text(case.owner_role.map(|role| words.role(role)).unwrap_or_default())),
        ("service_notice", Node::Nothing),
        ("requested_datetime", Node::text(case.reported_at.rfc3339())),
        ("updated_datetime", Node::text(case.closed_at.unwrap_or(case.state_since).rfc3339())),
        ("expected_datetime", Node::text(case.due_at.map(Ts::rfc3339).unwrap_or_default())),
        ("address", Node::text(names.address(&case.place))),
        ("address_id", Node::text(names.key(&case.place))),
        ("zipcode", Node::Nothing),
        ("lat", degrees(case.point_e7.map(|(_, lat)| lat))),
        ("long", degrees(case.point_e7.map(|(long, _)| long))),
        ("media_url", Node::Nothing),
    ]
}

/// A state as boards say it: the reporter is asked on his private page, a list talks to everybody.
fn state_word(t: &T, state: CaseState) -> String {
    match state {
        CaseState::AwaitingConfirmation => t.s("cases-board-awaiting").into_owned(),
        state => t.s(&format!("cases-state-{state}")).into_owned(),
    }
}

fn note(t: &T, step: &PublishedStep) -> Node {
    Node::Fields(vec![
        ("datetime", Node::text(step.at.rfc3339())),
        ("description", Node::text(state_word(t, step.to))),
        ("type", Node::text(step.kind.rsplit('.').next().unwrap_or_default())),
    ])
}
