//! HL7 FHIR R4 (4.0.1): what the systems of institutions send of those whom they follow, and what they may read back.
//!
//! What always holds here:
//! * A reading ends in the same command as the page, under the proof that the consent to readings is in force. A key reaches those whom
//!   its own institution follows and nobody else; of others it is not told whether they exist. Every refusal of that kind is counted.
//! * The same identifier sent again is one reading. What a source corrects or takes back is corrected here, and what stood there before
//!   is in the journal, beside the line.
//! * Only what is understood is taken: a code, a unit, a modifier that is not known is refused and named with the path of its element.
//! * A transaction is one transaction of one district: all of it or nothing.
//! * Every answer under the endpoint is a resource, refusals too. What the server says that it can is the table that the routes are held
//!   against in a test.
//! * Whenever readings of somebody are read, that is written down for the person.
//!
//! Services this crate needs from the hall: `Arc<linli_care::follow::Desk>`. See `docs/fhir.md`.

mod answer;
mod capability;
mod node;
mod observation;
mod outcome;
mod program;
mod readings;
mod routes;
mod search;

use linli_hall::Hall;
use linli_webkit::{Access, Module, RoomRoutes};

/// The texts of this crate: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

/// Where the endpoint stands.
pub const ENDPOINT: &str = "/fhir";

/// The endpoint as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    const ANYBODY: Access = Access::Public;
    const PROGRAM: Access = Access::Machine;
    let routes = RoomRoutes::new("fhir")
        .get("/fhir/metadata", ANYBODY, routes::metadata)
        .post_files("/fhir", PROGRAM, routes::bundle::send)
        .get("/fhir/Observation", PROGRAM, routes::observation::search)
        .post_files("/fhir/Observation", PROGRAM, routes::observation::create)
        .post("/fhir/Observation/_search", PROGRAM, routes::observation::search_by_form)
        .get("/fhir/Observation/{id}", PROGRAM, routes::observation::read)
        .put("/fhir/Observation/{id}", PROGRAM, routes::observation::update)
        .get("/fhir", ANYBODY, routes::not_offered)
        .put("/fhir/Observation", ANYBODY, routes::not_offered)
        .patch("/fhir/Observation", ANYBODY, routes::not_offered)
        .delete("/fhir/Observation", ANYBODY, routes::not_offered)
        .post("/fhir/Observation/{id}", ANYBODY, routes::not_offered)
        .patch("/fhir/Observation/{id}", ANYBODY, routes::not_offered)
        .delete("/fhir/Observation/{id}", ANYBODY, routes::not_offered)
        .get("/fhir/{*rest}", ANYBODY, routes::nowhere)
        .post("/fhir/{*rest}", ANYBODY, routes::nowhere)
        .put("/fhir/{*rest}", ANYBODY, routes::nowhere)
        .patch("/fhir/{*rest}", ANYBODY, routes::nowhere)
        .delete("/fhir/{*rest}", ANYBODY, routes::nowhere);
    Module { name: "fhir", routes, texts: TEXTS, nav: Vec::new() }
}

#[cfg(test)]
mod examples;
