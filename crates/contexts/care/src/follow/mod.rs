//! Key groups and readings (重点人群健康服务): who is followed how closely, what was measured, what is alarming about it, who is to be seen.
//!
//! What always holds here:
//! * Whoever takes or keeps a reading holds a proof that the consent to readings is in force; only the record of consents makes one.
//! * A colour, a score and a stratum are computed and explained with their rule and version; what follows from them a person decides. What
//!   the source of a rule does not say goes to a physician, and is followed meanwhile like the more careful neighbour.
//! * A reading, the alarm that it raises and their journal lines are on disk together. One reading raises one alarm at most, and so does a
//!   reading that did not come, however often and by whomever it is looked for.
//! * Health data follow from no place above: the family-doctor team of a community or of less reads them, nobody else. A journal line holds
//!   ids only; what is medical lies in its erasable part.
//! * How many oximeters there are, lent and lost is counted from the oximeters, and boxes of antivirals from the entries of their lots, which no
//!   command brings below zero.
//! * A quarter of an hour of a place for oxygen is held once: the store refuses the second, whoever asks at the same moment.
//! * A medicine is handed out on a prescription and once. The list only advises; what it has against a medicine is said and kept.
//!
//! Services this part needs from the hall: `Arc<Desk>`. The binary runs [`commands::sweep_missing`] every minute and
//! [`commands::recompute_all`] every day as jobs; whoever withdraws a consent to readings calls [`commands::forget`] in the same transaction.

pub mod commands;
mod desk;
mod error;
pub mod model;
mod pages;
pub mod queries;
pub mod rules;
mod scope;
mod store;

use linli_hall::Hall;
use linli_webkit::{Access, NavEntry, RoomRoutes};

pub use desk::Desk;
pub use error::{FollowError, Wrong};
pub(crate) use pages::{in_words, medicine_name};
pub use store::figures::{AlarmCounts, Counts};
pub use store::oximeters::Stock;
pub use store::readings::Span;

/// The routes of this part, added to those of the room.
#[must_use]
pub fn routes(routes: RoomRoutes<Hall>) -> RoomRoutes<Hall> {
    const READ: Access = Access::staff("read", "follow_up");
    const CREATE: Access = Access::staff("create", "follow_up");
    const CHANGE: Access = Access::staff("change", "follow_up");
    const FIGURES: Access = Access::staff("read", "figures");
    const STOCK: Access = Access::staff("read", "oximeter");
    const OXYGEN: Access = Access::staff("change", "oxygen");
    const MEDICINE: Access = Access::staff("change", "antiviral");
    const LEND: Access = Access::staff("change", "oximeter");
    routes
        .get("/care/calls", READ, pages::calls::show)
        .get("/care/red", READ, pages::calls::red)
        .get("/care/follow/{id}", READ, pages::person::show)
        .get("/care/follow/{id}/factors", CHANGE, pages::factors::form)
        .post("/care/follow/{id}/factors", CHANGE, pages::factors::send)
        .get("/care/follow/{id}/antivirals", READ, pages::antivirals::form)
        .post("/care/follow/{id}/antivirals", READ, pages::antivirals::check)
        .post("/care/follow/{id}/readings", CREATE, pages::person::tell)
        .post("/care/follow/{id}/colour", CHANGE, pages::person::decide)
        .post("/care/alarms/{id}/acknowledge", CHANGE, pages::person::acknowledge)
        .post("/care/alarms/{id}/referral", CHANGE, pages::person::refer)
        .post("/care/alarms/{id}/visit", CHANGE, pages::person::visit)
        .get("/care/key-groups", FIGURES, pages::figures::show)
        .get("/care/oximeters", STOCK, pages::oximeters::show)
        .post("/care/oximeters", Access::staff("create", "oximeter"), pages::oximeters::issue)
        .get("/care/oximeters/{id}", LEND, pages::oximeters::institution)
        .post("/care/follow/{id}/oximeter", LEND, pages::oximeters::lend)
        .post("/care/oximeters/{id}/put", LEND, pages::oximeters::put)
        .get("/care/oxygen", Access::staff("read", "oxygen"), pages::oxygen::show)
        .get("/care/oxygen/{id}", OXYGEN, pages::oxygen::day)
        .post("/care/oxygen/{id}/offer", Access::staff("create", "oxygen"), pages::oxygen::offer)
        .post("/care/oxygen/bookings/{id}/put", OXYGEN, pages::oxygen::put)
        .post("/care/follow/{id}/oxygen", OXYGEN, pages::oxygen::book)
        .post("/care/alarms/{id}/oxygen", OXYGEN, pages::oxygen::for_alarm)
        .post("/care/follow/{id}/antivirals/decide", MEDICINE, pages::antivirals::decide)
        .get("/care/antivirals", Access::staff("read", "antiviral"), pages::medicines::show)
        .get("/care/antivirals/{id}", MEDICINE, pages::medicines::institution)
        .post("/care/antivirals/{id}/entries", Access::staff("create", "antiviral"), pages::medicines::enter)
        .post("/care/antivirals/decisions/{id}/put", MEDICINE, pages::antivirals::put)
}

/// The entries of this part in the navigation.
#[must_use]
pub fn nav() -> Vec<NavEntry> {
    vec![
        NavEntry {
            text_key: "follow-nav-calls",
            href: "/care/calls",
            icon: "phone",
            access: Access::staff("read", "follow_up"),
            order: 12,
        },
        NavEntry {
            text_key: "follow-nav-oximeters",
            href: "/care/oximeters",
            icon: "heart-pulse",
            access: Access::staff("read", "oximeter"),
            order: 62,
        },
        NavEntry {
            text_key: "follow-nav-oxygen",
            href: "/care/oxygen",
            icon: "heart-pulse",
            access: Access::staff("read", "oxygen"),
            order: 63,
        },
        NavEntry {
            text_key: "follow-nav-antivirals",
            href: "/care/antivirals",
            icon: "list",
            access: Access::staff("read", "antiviral"),
            order: 64,
        },
    ]
}
