//! `GET discovery`: where the endpoint is and what it speaks.

use axum::extract::State;
use axum::response::Response;
use linli_hall::Hall;
use linli_webkit::RequestInfo;

use super::answer;
use crate::answer::Format;
use crate::node::Node;

/// The interface last changed on this day.
const CHANGESET: &str = "2026-11-26T00:00:00+08:00";
/// The address that stands for the specification.
const SPECIFICATION: &str = "http://wiki.open311.org/GeoReport_v2";

/// `GET discovery.{format}`.
pub(crate) async fn discovery(info: RequestInfo, State(hall): State<Hall>) -> Response {
    let t = info.t();
    let formats = ["text/xml", "application/json"].map(Node::text).into();
    let kind = if info.demo() { "test" } else { "production" };
    let endpoint = Node::Fields(vec![
        ("specification", Node::text(SPECIFICATION)),
        ("url", Node::text(format!("{}{}", hall.base_url(), crate::ENDPOINT))),
        ("changeset", Node::text(CHANGESET)),
        ("type", Node::text(kind)),
        ("formats", Node::List("format", formats)),
    ]);
    let document = Node::Fields(vec![
        ("changeset", Node::text(CHANGESET)),
        ("contact", Node::text(t.v("open311-contact", "address", hall.base_url()))),
        ("key_service", Node::text(t.s("open311-key-service").into_owned())),
        ("endpoints", Node::List("endpoint", vec![endpoint])),
    ]);
    answer(&info, Format::of(info.path()), Ok(("discovery", document)))
}
