//! Care (关爱): a watch over those who live alone and agree (看护), the visits that follow from it, and the readings of those at risk.
//!
//! What always holds here:
//! * Nobody is watched without a consent in force: what begins the watch takes [`consent::WatchConsent`] as an argument, and only the query
//!   [`consent::in_force`] makes one. Withdrawing is one step by any way.
//! * Of presence the database knows nothing but that an alarm led to a visit. The watch holds the second from which silence is counted, in
//!   a folder of its own that is in no backup; a folder that is lost is made anew from the consents.
//! * An alarm opens one visit, whatever dies when: the highest number of what the watch asked for is written in the transaction that opens
//!   the visit. What the watch has to be told is an errand in the transaction of the change, and done again until it is done.
//! * Every change of a visit is a row of the table (`rules/visits.toml`) and a journal line; names and numbers are sealed with the key
//!   outside the database, and every look at them is written down for the person.
//!
//! Services this room needs from the hall: `Arc<Care>` and `Arc<dyn Neighbours>`. The binary starts the watch ([`Care::start`]), lets it run
//! ([`Care::run`]), and runs [`commands::sweep`] and [`commands::expire`] as jobs, each followed by [`Care::errands`].
//!
//! What hands in signs of life calls [`Care::signs`], and says with [`Care::heard_by`] which devices hear whom.

pub mod commands;
pub mod consent;
mod error;
pub mod follow;
mod model;
mod office;
mod pages;
pub mod queries;
pub mod rules;
mod store;
mod watching;

use linli_hall::Hall;
use linli_webkit::{Access, Module, NavEntry, RoomRoutes};

pub use error::{CareError, FieldProblem};
pub use linli_watch::{SignKind, SignKinds};
pub use model::{
    CarePerson, CarePersonId, Consent, ConsentChannel, ConsentId, Contact, Deaf, Ears, GivenBy, Need, Outcome, Purpose,
    ShownText, Silence, Visit, VisitEvent, VisitId, VisitKind, VisitOwner, VisitState, Watched,
};
pub use office::CareOffice;
pub use pages::figures::{DevicesHeard, Silent};
pub use watching::{Care, Carrier, CarrierFuture, Counted, Keeping, Refused, Sign, Verdict, WatchPlan, WatchVitals, Whose};

/// The texts of this room: zh-CN, en.
pub const TEXTS: (&str, &str) = (
    concat!(include_str!("../locales/zh-CN.ftl"), "\n", include_str!("../locales/follow.zh-CN.ftl")),
    concat!(include_str!("../locales/en.ftl"), "\n", include_str!("../locales/follow.en.ftl")),
);

/// The room as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    const VISITS: Access = Access::staff("read", "visit");
    const TAKE: Access = Access::staff("take", "visit");
    const PEOPLE: Access = Access::staff("read", "care");
    const CREATE: Access = Access::staff("create", "care");
    let routes = RoomRoutes::new("care")
        .get("/care", VISITS, pages::board::board)
        .get("/care/mine", TAKE, pages::board::mine)
        .get("/care/live", VISITS, pages::live::stream)
        .get("/care/figures", Access::staff("read", "figures"), pages::figures::show)
        .get("/care/visits/{id}", VISITS, pages::visit::show)
        .post("/care/visits/{id}/take", TAKE, pages::visit::take)
        .post("/care/visits/{id}/{event}", Access::staff("change", "visit"), pages::visit::step)
        .get("/care/enrol", CREATE, pages::enrol::form)
        .post_files("/care/enrol", CREATE, pages::enrol::send)
        .get("/care/people", PEOPLE, pages::person::list)
        .get("/care/people/{id}", PEOPLE, pages::person::show)
        .get("/care/people/{id}/consents", Access::staff("read", "care_consent"), pages::consents::show)
        .get("/care/people/{id}/agree", CREATE, pages::enrol::more)
        .post_files("/care/people/{id}/agree", CREATE, pages::enrol::agree)
        .post("/care/people/{id}/withdraw", Access::staff("close", "care"), pages::person::withdraw)
        .post("/care/people/{id}/watch", Access::staff("change", "care"), pages::person::watch)
        .post("/care/people/{id}/worry", Access::staff("create", "visit"), pages::person::worry)
        .post("/care/people/{id}/link", CREATE, pages::person::new_link)
        .get("/care/people/{id}/scan/{consent}", PEOPLE, pages::person::scan)
        .get("/my-home/care", Access::Resident, pages::link::at_home)
        .get("/c/{token}", Access::Link, pages::link::show)
        .post("/c/{token}/agree", Access::Link, pages::link::agree)
        .post("/c/{token}/withdraw", Access::Link, pages::link::withdraw)
        .post("/c/{token}/away", Access::Link, pages::link::away);
    let routes = follow::routes(routes);
    let mut nav = vec![
        NavEntry { text_key: "care-nav-mine", href: "/care/mine", icon: "heart-pulse", access: TAKE, order: 12 },
        NavEntry { text_key: "care-nav-board", href: "/care", icon: "users", access: VISITS, order: 22 },
    ];
    nav.extend(follow::nav());
    Module { name: "care", routes, texts: TEXTS, nav }
}
