//! HL7 FHIR R4 (4.0.1): what the systems of institutions send of those whom they follow, what they may read back, and the treatment network.
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
//! * Whoever asked to be told of changes is told what the key may read at that moment, in order, until it was taken or is given up.
//! * Beside FHIR, the beds of the network go in and out as EDXL-HAVE 1.0.
//!
//! Services this crate needs from the hall: `Arc<linli_care::follow::Desk>`, `Arc<linli_treatment::Network>`,
//! `Arc<linli_treatment::BedDesk>` and `Arc<Hooks>`. The binary runs [`run_due`] every few seconds. See `docs/fhir.md`.

mod answer;
mod bindings;
mod capability;
mod followed;
mod have;
mod item;
mod measures;
mod network;
mod node;
mod notices;
mod observation;
mod outcome;
mod own_parameters;
mod params;
mod program;
mod r4;
mod readings;
mod referrals;
mod referred;
mod routes;
mod search;
mod stays;
mod table;

use linli_hall::Hall;
use linli_webkit::{Access, Module, RoomRoutes};

pub use answer::told;
pub use notices::{Hooks, NoticeError, run_due};
pub use table::Room;

/// The texts of this crate: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

/// Where the endpoint stands.
pub const ENDPOINT: &str = "/fhir";

/// Where a resource stands: all of a kind, a search of them by a form, and one.
struct Paths {
    kind: &'static str,
    all: &'static str,
    search: &'static str,
    one: &'static str,
}

macro_rules! paths {
    ($($kind:literal),* $(,)?) => {
        [$(Paths {
            kind: $kind,
            all: concat!("/fhir/", $kind),
            search: concat!("/fhir/", $kind, "/_search"),
            one: concat!("/fhir/", $kind, "/{id}"),
        }),*]
    };
}

/// The register of the network: what is only read.
const SHELF: [Paths; 4] = paths!["Organization", "OrganizationAffiliation", "Location", "HealthcareService"];

/// What an institution tells and reads of its own.
const RECORDS: [Paths; 1] = paths!["Measure"];

/// Those whom an institution follows, and what is alarming about them.
const FOLLOWED: [Paths; 2] = paths!["Group", "Flag"];

/// What the endpoint defines itself.
const PARAMETERS: [Paths; 1] = paths!["SearchParameter"];

const ANYBODY: Access = Access::Public;
const PROGRAM: Access = Access::Machine;

/// The endpoint as the house sees it, with what its rooms have.
#[must_use]
pub fn module(rooms: &'static [Room]) -> Module<Hall> {
    let has = |room| rooms.contains(&room);
    let mut routes = RoomRoutes::new("fhir")
        .get("/fhir/metadata", ANYBODY, move |info, hall, headers| routes::metadata(rooms, info, hall, headers))
        .get("/fhir", ANYBODY, routes::not_offered)
        .get("/fhir/", ANYBODY, routes::not_offered)
        .post_files("/fhir", PROGRAM, move |info, hall, headers, body| routes::bundle::send(rooms, info, hall, headers, body))
        // Some clients write the address of the endpoint with a slash.
        .post_files("/fhir/", PROGRAM, move |info, hall, headers, body| routes::bundle::send(rooms, info, hall, headers, body))
        .get("/fhir/{*rest}", ANYBODY, routes::nowhere)
        .post("/fhir/{*rest}", ANYBODY, routes::nowhere)
        .put("/fhir/{*rest}", ANYBODY, routes::nowhere)
        .patch("/fhir/{*rest}", ANYBODY, routes::nowhere)
        .delete("/fhir/{*rest}", ANYBODY, routes::nowhere);
    if has(Room::Care) {
        routes = FOLLOWED.into_iter().fold(readings(routes), records);
    }
    if has(Room::Treatment) {
        routes = SHELF.into_iter().fold(routes, shelf);
        routes = patients(stays(tasks(requests(operations(reports(RECORDS.into_iter().fold(routes, records)))))));
        routes = routes.get("/have/1.0", PROGRAM, routes::have::show).post_files("/have/1.0", PROGRAM, routes::have::tell);
    }
    if has(Room::Notices) {
        routes = PARAMETERS.into_iter().fold(notices(routes, rooms), records);
    }
    Module { name: "fhir", routes, texts: TEXTS, nav: Vec::new() }
}

fn readings(routes: RoomRoutes<Hall>) -> RoomRoutes<Hall> {
    routes
        .get("/fhir/Observation", PROGRAM, routes::observation::search)
        .post_files("/fhir/Observation", PROGRAM, routes::observation::create)
        .post("/fhir/Observation/_search", PROGRAM, routes::observation::search_by_form)
        .get("/fhir/Observation/{id}", PROGRAM, routes::observation::read)
        .put("/fhir/Observation/{id}", PROGRAM, routes::observation::update)
        .put("/fhir/Observation", ANYBODY, routes::not_offered)
        .patch("/fhir/Observation", ANYBODY, routes::not_offered)
        .delete("/fhir/Observation", ANYBODY, routes::not_offered)
        .post("/fhir/Observation/{id}", ANYBODY, routes::not_offered)
        .patch("/fhir/Observation/{id}", ANYBODY, routes::not_offered)
        .delete("/fhir/Observation/{id}", ANYBODY, routes::not_offered)
}

/// What is read and searched, and nothing else.
fn shelf(routes: RoomRoutes<Hall>, Paths { kind, all, search, one }: Paths) -> RoomRoutes<Hall> {
    let routes = routes
        .get(all, PROGRAM, move |info, hall, headers| routes::shelf::search(kind, info, hall, headers))
        .post(search, PROGRAM, move |info, hall, headers, body| routes::shelf::search_by_form(kind, info, hall, headers, body))
        .get(one, PROGRAM, move |info, hall, id, headers| routes::shelf::read(kind, info, hall, id, headers));
    unchanged(routes, all, one)
}

/// The same of what is an institution's own.
fn records(routes: RoomRoutes<Hall>, paths: Paths) -> RoomRoutes<Hall> {
    let Paths { all, one, .. } = paths;
    unchanged(read_records(routes, paths), all, one)
}

fn read_records(routes: RoomRoutes<Hall>, Paths { kind, all, search, one }: Paths) -> RoomRoutes<Hall> {
    routes
        .get(all, PROGRAM, move |info, hall, headers| routes::records::search(kind, info, hall, headers))
        .post(search, PROGRAM, move |info, hall, headers, body| routes::records::search_by_form(kind, info, hall, headers, body))
        .get(one, PROGRAM, move |info, hall, id, headers| routes::records::read(kind, info, hall, id, headers))
}

/// Reports are told and corrected.
fn reports(routes: RoomRoutes<Hall>) -> RoomRoutes<Hall> {
    let [paths] = paths!["MeasureReport"];
    let Paths { all, one, .. } = paths;
    read_records(routes, paths)
        .post(all, PROGRAM, routes::reports::create)
        .put(one, PROGRAM, routes::reports::update)
        .put(all, ANYBODY, routes::not_offered)
        .patch(all, ANYBODY, routes::not_offered)
        .delete(all, ANYBODY, routes::not_offered)
        .post(one, ANYBODY, routes::not_offered)
        .patch(one, ANYBODY, routes::not_offered)
        .delete(one, ANYBODY, routes::not_offered)
}

/// What SANER does with reports and measures.
fn operations(routes: RoomRoutes<Hall>) -> RoomRoutes<Hall> {
    routes
        .get("/fhir/MeasureReport/$aggregate", PROGRAM, routes::saner::aggregate_by_address)
        .post_files("/fhir/MeasureReport/$aggregate", PROGRAM, routes::saner::aggregate)
        .get("/fhir/MeasureReport/$search-csv", PROGRAM, routes::saner::search_csv)
        .post_files("/fhir/MeasureReport/$search-csv", PROGRAM, routes::saner::search_csv_by_form)
        .get("/fhir/MeasureReport/{id}/$read-csv", PROGRAM, routes::saner::read_csv)
        .post_files("/fhir/Measure/{id}/$report-csv", PROGRAM, routes::saner::report_csv)
        .get("/fhir/Measure/{id}/$evaluate-measure", PROGRAM, routes::saner::evaluate_by_address)
        .post_files("/fhir/Measure/{id}/$evaluate-measure", PROGRAM, routes::saner::evaluate)
}

/// Referrals are asked for.
fn requests(routes: RoomRoutes<Hall>) -> RoomRoutes<Hall> {
    let [paths] = paths!["ServiceRequest"];
    let Paths { all, one, .. } = paths;
    read_records(routes, paths)
        .post(all, PROGRAM, routes::requests::create)
        .put(all, ANYBODY, routes::not_offered)
        .patch(all, ANYBODY, routes::not_offered)
        .delete(all, ANYBODY, routes::not_offered)
        .post(one, ANYBODY, routes::not_offered)
        .put(one, ANYBODY, routes::not_offered)
        .patch(one, ANYBODY, routes::not_offered)
        .delete(one, ANYBODY, routes::not_offered)
}

/// Tasks come with a referral, and are answered.
fn tasks(routes: RoomRoutes<Hall>) -> RoomRoutes<Hall> {
    let [paths] = paths!["Task"];
    let Paths { all, one, .. } = paths;
    let routes = read_records(routes, paths).put(one, PROGRAM, routes::tasks::update);
    answered(routes.post(all, PROGRAM, routes::requests::create_task), all, one)
}

/// Stays go on.
fn stays(routes: RoomRoutes<Hall>) -> RoomRoutes<Hall> {
    let [paths] = paths!["Encounter"];
    let Paths { all, one, .. } = paths;
    let routes = read_records(routes, paths).put(one, PROGRAM, routes::stays::update);
    answered(routes.post(all, ANYBODY, routes::not_offered), all, one)
}

/// What R4 knows of a resource that is read and answered, and is not offered.
fn answered(routes: RoomRoutes<Hall>, all: &'static str, one: &'static str) -> RoomRoutes<Hall> {
    routes
        .put(all, ANYBODY, routes::not_offered)
        .patch(all, ANYBODY, routes::not_offered)
        .delete(all, ANYBODY, routes::not_offered)
        .post(one, ANYBODY, routes::not_offered)
        .patch(one, ANYBODY, routes::not_offered)
        .delete(one, ANYBODY, routes::not_offered)
}

/// Subscriptions are asked for and taken away.
fn notices(routes: RoomRoutes<Hall>, rooms: &'static [Room]) -> RoomRoutes<Hall> {
    let [paths] = paths!["Subscription"];
    let Paths { all, one, .. } = paths;
    read_records(routes, paths)
        .post(all, PROGRAM, move |info, hall, headers, body| routes::notices::create(rooms, info, hall, headers, body))
        .delete(one, PROGRAM, routes::notices::remove)
        .put(all, ANYBODY, routes::not_offered)
        .patch(all, ANYBODY, routes::not_offered)
        .delete(all, ANYBODY, routes::not_offered)
        .post(one, ANYBODY, routes::not_offered)
        .put(one, ANYBODY, routes::not_offered)
        .patch(one, ANYBODY, routes::not_offered)
}

/// Patients are read one by one: there is no list of them.
fn patients(routes: RoomRoutes<Hall>) -> RoomRoutes<Hall> {
    let [Paths { kind, all, one, .. }] = paths!["Patient"];
    let routes = routes
        .get(all, ANYBODY, routes::not_offered)
        .get(one, PROGRAM, move |info, hall, id, headers| routes::records::read(kind, info, hall, id, headers));
    unchanged(routes, all, one)
}

/// What R4 knows of a resource that is only read, and is not offered.
fn unchanged(routes: RoomRoutes<Hall>, all: &'static str, one: &'static str) -> RoomRoutes<Hall> {
    routes
        .post(all, ANYBODY, routes::not_offered)
        .put(all, ANYBODY, routes::not_offered)
        .patch(all, ANYBODY, routes::not_offered)
        .delete(all, ANYBODY, routes::not_offered)
        .post(one, ANYBODY, routes::not_offered)
        .put(one, ANYBODY, routes::not_offered)
        .patch(one, ANYBODY, routes::not_offered)
        .delete(one, ANYBODY, routes::not_offered)
}

#[cfg(test)]
mod examples;
