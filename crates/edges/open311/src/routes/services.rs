//! `GET services` and `GET services/{code}`: what can be reported, and what a class asks for.

use axum::extract::{Path, State};
use axum::response::Response;
use linli_cases::rules::{Attribute, Class};
use linli_hall::Hall;
use linli_webkit::{RequestInfo, T};

use super::{Document, answer, english, nowhere, read, rules};
use crate::answer::{Format, Refusal, named};
use crate::asked::Args;
use crate::jurisdiction;
use crate::node::Node;

/// `GET services.{format}`.
pub(crate) async fn list(info: RequestInfo, State(hall): State<Hall>) -> Response {
    let outcome = async {
        let district = jurisdiction::meant(&mut read(&hall, info.t()).await?.conn(), &Args::of_query(info.query())).await?;
        let rules = rules(&hall, info.t(), &district.path)?;
        let mut classes: Vec<&Class> = rules.classes().all().filter(|class| class.offered).collect();
        // A program that takes the first service it finds must not send danger to somebody's desk.
        classes.sort_by_key(|class| rules.classes().danger_clock() == Some(class.clock.as_str()));
        let services = classes.into_iter().map(|class| service(class, info.t())).collect();
        Ok(("services", Node::List("service", services)))
    };
    answer(&info, Format::of(info.path()), outcome.await)
}

fn service(class: &Class, t: &T) -> Node {
    let (description, group) = if class.common_part {
        ("open311-service-common", "open311-group-common")
    } else {
        ("open311-service-private", "open311-group-private")
    };
    Node::Fields(vec![
        ("service_code", Node::text(&class.code)),
        ("service_name", Node::text(class.name(english(t)))),
        ("description", Node::text(t.s(description).into_owned())),
        ("metadata", Node::Flag(!class.attributes.is_empty())),
        ("type", Node::text("realtime")),
        ("keywords", Node::text(class.words.join(", "))),
        ("group", Node::text(t.s(group).into_owned())),
    ])
}

/// `GET services/{code}.{format}`.
pub(crate) async fn definition(info: RequestInfo, State(hall): State<Hall>, Path(file): Path<String>) -> Response {
    let Some((code, format)) = named(&file) else { return nowhere(info).await };
    let outcome = define(&info, &hall, code);
    answer(&info, format, outcome.await)
}

async fn define(info: &RequestInfo, hall: &Hall, code: &str) -> Result<Document, Refusal> {
    let district = jurisdiction::meant(&mut read(hall, info.t()).await?.conn(), &Args::of_query(info.query())).await?;
    if code.is_empty() {
        return Err(Refusal::wrong("open311-error-service-missing"));
    }
    let rules = rules(hall, info.t(), &district.path)?;
    let class = rules.classes().find(code).ok_or_else(|| Refusal::not_found("open311-error-service").arg("code", code))?;
    if class.attributes.is_empty() {
        return Err(Refusal::not_found("open311-error-no-definition").arg("code", code));
    }
    let attributes = class.attributes.iter().zip(1..).map(|(asked, order)| attribute(asked, order, info.t())).collect();
    let definition = Node::Fields(vec![("service_code", Node::text(code)), ("attributes", Node::List("attribute", attributes))]);
    Ok(("service_definition", definition))
}

fn attribute(asked: &Attribute, order: i64, t: &T) -> Node {
    let value = |key: &str, name: &str| Node::Fields(vec![("key", Node::text(key)), ("name", Node::text(name))]);
    let values = asked.values.iter().map(|v| value(&v.key, if english(t) { &v.en } else { &v.zh })).collect();
    Node::Fields(vec![
        ("variable", Node::Flag(asked.variable)),
        ("code", Node::text(&asked.code)),
        ("datatype", Node::text(asked.datatype.as_str())),
        ("required", Node::Flag(asked.required)),
        ("datatype_description", Node::Nothing),
        ("order", Node::Whole(order)),
        ("description", Node::text(asked.name(english(t)))),
        ("values", Node::List("value", values)),
    ])
}
