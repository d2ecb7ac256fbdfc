//! The walks.

use axum::http::StatusCode;
use linli_access::{Role, matrix};
use linli_db::{Db, both_databases};
use linli_hall::parse_access;
use linli_webkit::{Access, House, RouteSpec};

use super::asks::{About, Ask, ask};
use super::world::{Ground, Who, World, reopen};
use crate::cli::Profile;
use crate::house::rooms;

const STAFF: [Role; 17] = [
    Role::Administrator,
    Role::DistrictOfficer,
    Role::SubdistrictOfficer,
    Role::CommunitySecretary,
    Role::CommunityWorker,
    Role::GridWorker,
    Role::LifeSteward,
    Role::RedSteward,
    Role::PropertyManager,
    Role::PropertyDesk,
    Role::Guard,
    Role::FamilyDoctor,
    Role::BedManager,
    Role::GridCoordinator,
    Role::EmergencyDispatcher,
    Role::HealthOfficer,
    Role::Expert,
];

/// Statuses with which a refusal for want of rights is answered.
const REFUSED: [StatusCode; 2] = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];

fn specs(profile: Profile) -> Vec<RouteSpec> {
    House::of(rooms(profile)).specs
}

pub async fn question(spec: &RouteSpec, world: &World, at: &Ground) -> (About, Ask) {
    ask(spec, world, at).await.unwrap_or_else(|| panic!("{} {} has no line in coverage/asks.rs", spec.method, spec.path))
}

fn may(role: Role, access: Access) -> bool {
    match access {
        Access::Staff { action, resource } => {
            let (action, resource) = parse_access(action, resource).unwrap();
            matrix::allows(role, action, resource)
        }
        Access::Resident => false,
        Access::Public | Access::Link | Access::Signed | Access::Machine => true,
    }
}

/// The stable code of a problem+json answer.
fn code(text: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    value["code"].as_str().unwrap_or_default().to_owned()
}

async fn nobody_comes_in(world: &World, profile: Profile) {
    for spec in specs(profile) {
        let (_, asked) = question(&spec, world, &world.here).await;
        let before = world.journal().await;
        for who in [Who::Nobody, Who::Unappointed] {
            if (who, spec.path) == (Who::Unappointed, "/logout") {
                // It would end what the next question needs.
                continue;
            }
            let answer = world.ask(who, &asked).await;
            let route = format!("{who:?} {} {}", spec.method, spec.path);
            assert!(answer.status.as_u16() < 500, "{route}: {} {}", answer.status, answer.text);
            assert!(answer.headers.contains_key("x-request-id"), "{route}");
            match spec.access {
                Access::Public => assert!(!REFUSED.contains(&answer.status), "{route}: {}", answer.status),
                // A made-up link opens nothing and does not say whether there ever was one.
                Access::Link => assert!(
                    [StatusCode::NOT_FOUND, StatusCode::GONE, StatusCode::UNPROCESSABLE_ENTITY].contains(&answer.status),
                    "{route}: {}",
                    answer.status
                ),
                // GeoReport v2 has a status of its own for a missing key.
                Access::Machine if spec.room == "open311" => {
                    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{route}");
                    assert_eq!(world.journal().await, before, "{route} did something");
                }
                Access::Machine => {
                    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{route}");
                    assert!(answer.headers.contains_key("www-authenticate"), "{route}");
                }
                Access::Signed if who == Who::Unappointed => {
                    assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{route}");
                }
                Access::Signed | Access::Resident | Access::Staff { .. } => {
                    let wanted = if who == Who::Nobody { StatusCode::UNAUTHORIZED } else { StatusCode::FORBIDDEN };
                    assert_eq!(answer.status, wanted, "{route}: {}", answer.text);
                    // Programs, and phones that send what was done without a signal, are answered with codes.
                    let program = spec.path.starts_with("/api/") || asked.headers.iter().any(|(name, _)| *name == "accept");
                    if program {
                        assert_eq!(answer.headers["content-type"], "application/problem+json", "{route}");
                        let wanted = if who == Who::Nobody { "access.unauthenticated" } else { "access.forbidden" };
                        assert_eq!(code(&answer.text), wanted, "{route}");
                    } else if who == Who::Nobody {
                        let door = if spec.access == Access::Resident { "href=\"/claim\"" } else { "/login?next=" };
                        assert!(answer.text.contains(door), "{route} leads to the door: {}", answer.text);
                    }
                    assert_eq!(world.journal().await, before, "{route} did something");
                }
            }
        }
    }
}

async fn every_role_gets_what_the_table_says(world: &World, profile: Profile) {
    for spec in specs(profile) {
        if matches!(spec.access, Access::Public | Access::Link | Access::Machine) {
            continue;
        }
        let mut served = spec.access == Access::Resident;
        for role in STAFF {
            // Signing out or changing an account ends what the next question needs.
            if spec.path == "/choose-role" {
                served = true;
                continue;
            }
            let (_, asked) = question(&spec, world, &world.here).await;
            let before = world.journal().await;
            let answer = world.ask(Who::Staff(role), &asked).await;
            let route = format!("{role} {} {}", spec.method, spec.path);
            assert!(answer.status.as_u16() < 500, "{route}: {} {}", answer.status, answer.text);
            if may(role, spec.access) {
                // Whose turn it is with a case is a rule of the case, not a right.
                let turn = ["\"cases.not_yours\"", "\"care.not_yours\""].iter().any(|code| answer.text.contains(code));
                assert!(!REFUSED.contains(&answer.status) || turn, "{route}: {} {}", answer.status, words(&answer.text));
                let open = !REFUSED.contains(&answer.status) && answer.status != StatusCode::NOT_FOUND;
                // No photo was taken, no paper signed: there is nothing to show. Nobody of this world is appointed on behalf of a health
                // centre or hospital, which alone says what it offers and has and how crowded it is.
                let of_a_centre = spec.path.ends_with("/offer")
                    || spec.path.ends_with("/answer")
                    || spec.path.ends_with("/entries")
                    || spec.path.contains("/crowding/")
                    || ["/beds", "/referrals", "/inbound", "/handovers", "/grid/"].iter().any(|room| spec.path.starts_with(room));
                let nothing_to_show = spec.path.contains("{position}") || spec.path.contains("/scan/") || of_a_centre;
                served |= open || nothing_to_show || spec.access == Access::Resident;
            } else {
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{route}: {}", words(&answer.text));
                assert_eq!(world.journal().await, before, "{route} did something");
            }
            reopen(world).await;
        }
        assert!(served, "nobody at all comes through {spec:?}: what was asked proves nothing");
        if matches!(spec.access, Access::Staff { .. }) {
            let (_, asked) = question(&spec, world, &world.here).await;
            assert_eq!(world.ask(Who::Resident, &asked).await.status, StatusCode::FORBIDDEN, "a resident at {spec:?}");
        }
    }
}

/// Whether an appointment of this role, made for the first community, reaches a place elsewhere.
fn reaches(role: Role, at: &Ground, world: &World) -> bool {
    role == Role::Administrator || (role == Role::DistrictOfficer && at.district == world.here.district)
}

async fn nobody_reaches_elsewhere(world: &World, profile: Profile) {
    if profile != Profile::Treatment {
        for at in [&world.beside, &world.far] {
            world.case(at).await;
            world.notice(at).await;
        }
    }
    for spec in specs(profile) {
        if !matches!(spec.access, Access::Staff { .. }) {
            continue;
        }
        let mut askers: Vec<(Who, &Ground)> = Vec::new();
        for role in STAFF.into_iter().filter(|role| may(*role, spec.access)) {
            askers.extend(
                [&world.beside, &world.far].into_iter().filter(|at| !reaches(role, at, world)).map(|at| (Who::Staff(role), at)),
            );
        }
        if may(Role::Administrator, spec.access) {
            askers.push((Who::OtherAdministrator, &world.here));
        }
        assert!(!askers.is_empty(), "nobody to ask {spec:?} from elsewhere");
        for (who, at) in askers {
            let (about, asked) = question(&spec, world, at).await;
            let before = world.journal().await;
            let answer = world.ask(who, &asked).await;
            let route = format!("{who:?} {} {} about {}", spec.method, spec.path, at.mark);
            assert!(answer.status.as_u16() < 500, "{route}: {} {}", answer.status, answer.text);
            if about == About::Subject {
                let hidden = [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND, StatusCode::UNPROCESSABLE_ENTITY];
                assert!(hidden.contains(&answer.status), "{route}: {} {}", answer.status, words(&answer.text));
                assert_eq!(world.journal().await, before, "{route} did something");
                assert!(!answer.text.contains("13900000000"), "{route} shows the phone");
            }
            if at.mark != world.here.mark {
                let shown = answer.text.contains(at.mark);
                assert!(!shown, "{route} shows what lies elsewhere: {}", words(&answer.text));
            }
        }
    }
    // The marks are there to be seen by those who may: the tests above could otherwise not fail.
    let seen = world.ask(Who::Staff(Role::DistrictOfficer), &Ask::get(format!("/places/{}", world.beside.estate))).await;
    assert!(seen.text.contains(world.beside.mark), "{}", words(&seen.text));
}

/// The words of a page, for a message.
fn words(page: &str) -> String {
    let main = page.split_once("<main").map_or(page, |(_, rest)| rest);
    let mut tag = false;
    let text: String = main
        .chars()
        .filter(|c| {
            tag = (tag || *c == '<') && *c != '>';
            !tag && *c != '>'
        })
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(500).collect()
}

both_databases! {
    async fn nobody_comes_in_unasked(db: Db) {
        let world = World::new(db, Profile::Both).await;
        nobody_comes_in(&world, Profile::Both).await;
    }

    async fn every_role_gets_what_it_may_and_nothing_else(db: Db) {
        let world = World::new(db, Profile::Both).await;
        every_role_gets_what_the_table_says(&world, Profile::Both).await;
    }

    async fn an_appointment_elsewhere_neither_reads_nor_changes(db: Db) {
        let world = World::new(db, Profile::Both).await;
        nobody_reaches_elsewhere(&world, Profile::Both).await;
    }
}

/// The profiles share their rooms; the routes that only one of them opens are walked with it, on the engine inside.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_profile_alone_is_as_closed() {
    for profile in [Profile::Community, Profile::Treatment] {
        let test = linli_db::testing::TestDb::sqlite().await;
        let world = World::new(test.db.clone(), profile).await;
        if profile == Profile::Community {
            nobody_comes_in(&world, profile).await;
        } else {
            for spec in specs(Profile::Both).into_iter().filter(|spec| !specs(profile).contains(spec)) {
                let asked = Ask::get(spec.path.replace(['{', '}'], ""));
                let answer = world.ask(Who::Staff(Role::Administrator), &asked).await;
                // Where the address is there for something else, it says so.
                let there = specs(profile).iter().any(|other| other.path == spec.path);
                let status = if there { StatusCode::METHOD_NOT_ALLOWED } else { StatusCode::NOT_FOUND };
                assert_eq!(answer.status, status, "{spec:?} does not exist in {profile:?}");
            }
            nobody_comes_in(&world, profile).await;
        }
    }
}
