//! Accounts, sessions, links and claims, by command and through the real router, on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on should stop"
)]

mod homes;
mod house;

use std::net::IpAddr;
use std::time::Duration;

use house::{HERE, House, PASSWORD, post};
use http::StatusCode;
use linli_access::{Actor, Role, Scope};
use linli_db::{Db, both_databases};
use linli_identity::commands::{self, SetUp};
use linli_identity::model::{AccountFilter, DoorRules, LinkKind, Token};
use linli_identity::{IdentityError, queries};
use linli_kernel::{DistrictId, PlacePath};
use linli_people::model::AppointmentInput;
use linli_webkit::Texts;

const CITY: DistrictId = DistrictId::CITY;

/// The word of an outcome, for comparing whole sequences.
fn word<T>(outcome: &Result<T, IdentityError>) -> String {
    match outcome {
        Ok(_) => "in".into(),
        Err(IdentityError::Locked(secs)) => format!("locked {secs}"),
        Err(error) => error.code().name.to_string(),
    }
}

both_databases! {
    async fn the_first_administrator_comes_by_a_link_once(db: Db) {
        let house = House::open(db).await;
        let ctx = house.ctx();
        let input = async || SetUp { name: "王芳".into(), login: "wangfang".into(), password_hash: house.passwords.hash(house.rng.as_ref(), PASSWORD).await.unwrap() };
        let mut tx = house.db.begin(CITY).await.unwrap();
        let earlier = commands::make_setup_link(&ctx, &mut tx, &house.rules).await.unwrap().unwrap();
        let link = commands::make_setup_link(&ctx, &mut tx, &house.rules).await.unwrap().unwrap();
        let refused = commands::set_up(&house.visitor(), &mut tx, &earlier, input().await).await;
        assert!(matches!(refused, Err(IdentityError::LinkGone)), "an earlier link ends");
        commands::set_up(&house.visitor(), &mut tx, &link, input().await).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = house.db.begin(CITY).await.unwrap();
        assert!(matches!(commands::set_up(&house.visitor(), &mut tx, &link, input().await).await, Err(IdentityError::LinkGone)));
        assert!(commands::make_setup_link(&ctx, &mut tx, &house.rules).await.unwrap().is_none());
        assert!(commands::make_setup_link(&house.visitor(), &mut tx, &house.rules).await.is_err(), "only the program itself makes one");
        drop(tx);
        let token = house.sign_in(" WangFang ", PASSWORD).await.unwrap();
        let signed = house.signed(&token).await.unwrap();
        assert_eq!(signed.name, "王芳");
        let Actor::Staff { role, scope, .. } = signed.actor else { panic!("not appointed") };
        assert_eq!((role, scope.district, scope.place), (Role::Administrator, CITY, PlacePath::root()));
    }

    async fn a_session_acts_under_one_appointment(db: Db) {
        let house = House::open(db).await;
        for code in ["P1", "P2", "P3"] {
            house.account(code).await;
        }
        let one = house.sign_in("login-p1", PASSWORD).await.unwrap();
        assert_eq!(house.role(&one).await, Some(Role::LifeSteward), "the only one is chosen");
        let two = house.sign_in("login-p2", PASSWORD).await.unwrap();
        assert!(matches!(house.actor(&two).await, Some(Actor::Unappointed { .. })), "two: one must be chosen");
        let mut read = house.db.read().await.unwrap();
        let mine = queries::choices(&mut read.conn(), &two, house.ctx().now()).await.unwrap();
        let others = queries::choices(&mut read.conn(), &one, house.ctx().now()).await.unwrap();
        drop(read);
        assert_eq!((mine.len(), others.len()), (2, 1));
        let guard = mine.iter().find(|choice| choice.role == Role::Guard).unwrap();
        let mut tx = house.db.begin(CITY).await.unwrap();
        let stolen = commands::choose_appointment(&house.visitor(), &mut tx, &two, others[0].appointment).await;
        assert!(matches!(stolen, Err(IdentityError::NotYourAppointment)));
        commands::choose_appointment(&house.visitor(), &mut tx, &two, guard.appointment).await.unwrap();
        tx.commit().await.unwrap();
        house.doorkeeper.forget();
        assert_eq!(house.role(&two).await, Some(Role::Guard));
        let three = house.sign_in("login-p3", PASSWORD).await.unwrap();
        assert!(matches!(house.actor(&three).await, Some(Actor::Unappointed { .. })));
    }

    async fn nobody_acts_under_a_post_without_power(db: Db) {
        let house = House::open(db).await;
        house.account("P1").await;
        house.account("P3").await;
        house.appoint(&[post("P1", "member", "E1"), post("P3", "member", "E1")]).await;
        let steward = house.sign_in("login-p1", PASSWORD).await.unwrap();
        assert_eq!(house.role(&steward).await, Some(Role::LifeSteward), "the only appointment to act under is chosen");
        let member = house.sign_in("login-p3", PASSWORD).await.unwrap();
        assert!(matches!(house.actor(&member).await, Some(Actor::Unappointed { .. })));
        let mut read = house.db.read().await.unwrap();
        assert!(queries::choices(&mut read.conn(), &member, house.ctx().now()).await.unwrap().is_empty());
        let person = house.person("P3").await;
        let held = linli_people::queries::appointments_of(&mut read.conn(), house.district, person, house.ctx().now()).await.unwrap();
        drop(read);
        let mut tx = house.db.begin(CITY).await.unwrap();
        let refused = commands::choose_appointment(&house.visitor(), &mut tx, &member, held[0].id).await;
        assert!(matches!(refused, Err(IdentityError::NotYourAppointment)));
    }

    async fn wrong_passwords_lock_for_longer_and_longer(db: Db) {
        let house = House::open(db).await;
        house.account("P1").await;
        for n in 1..=5 {
            assert_eq!(word(&house.sign_in("login-p1", "wrong").await), "identity.wrong_password", "{n}");
        }
        assert_eq!(word(&house.sign_in("login-p1", PASSWORD).await), "locked 60", "not even with the right one");
        house.clock.advance_secs(59);
        assert_eq!(word(&house.sign_in("login-p1", PASSWORD).await), "locked 1");
        house.clock.advance_secs(1);
        assert_eq!(word(&house.sign_in("login-p1", "wrong").await), "identity.wrong_password");
        assert_eq!(word(&house.sign_in("login-p1", PASSWORD).await), "locked 120", "doubled");
        house.clock.advance_secs(120);
        house.sign_in("login-p1", PASSWORD).await.unwrap();
        for _ in 0..5 {
            assert_eq!(word(&house.sign_in("login-p1", "wrong").await), "identity.wrong_password", "success wiped the slate");
        }
        assert_eq!(word(&house.sign_in("login-p1", PASSWORD).await), "locked 60");
        assert_eq!(house.kinds().await.iter().filter(|kind| *kind == "identity.sign_in_failed").count(), 11);
    }

    async fn an_unknown_login_locks_like_a_known_one(db: Db) {
        let house = House::open(db).await;
        house.account("P1").await;
        let closed = house.account("P2").await;
        let mut tx = house.db.begin(CITY).await.unwrap();
        commands::disable_account(&house.ctx(), &mut tx, closed).await.unwrap();
        tx.commit().await.unwrap();
        let mut told = Vec::new();
        for login in ["login-p1", "login-p2", "nobody-at-all"] {
            let mut words = Vec::new();
            for _ in 0..7 {
                words.push(word(&house.sign_in(login, "wrong").await));
            }
            told.push(words);
        }
        assert_eq!(told[0][4..6], ["identity.wrong_password", "locked 60"]);
        assert_eq!((&told[1], &told[2]), (&told[0], &told[0]), "nothing tells them apart");
    }

    async fn a_stranger_locks_out_nobody_but_himself(db: Db) {
        let house = House::open(db).await;
        house.account("P1").await;
        let stranger = IpAddr::from([203, 0, 113, 9]);
        for _ in 0..5 {
            assert_eq!(word(&house.sign_in_from(stranger, "login-p1", "wrong").await), "identity.wrong_password");
        }
        assert_eq!(word(&house.sign_in_from(stranger, "login-p1", "wrong").await), "locked 60");
        house.sign_in("login-p1", PASSWORD).await.expect("the holder of the login is not where the stranger is");
        assert_eq!(word(&house.sign_in_from(stranger, "login-p1", PASSWORD).await), "locked 60", "and does not free him");
    }

    async fn guessing_from_many_addresses_is_slow_and_stops_nobody_who_was_here(db: Db) {
        let house = House::with_rules(db, DoorRules { failures_anywhere: 8, ..DoorRules::default() }).await;
        house.account("P1").await;
        house.sign_in("login-p1", PASSWORD).await.unwrap();
        let from = |n: u8| IpAddr::from([203, 0, 113, n]);
        for n in 0..8 {
            assert_eq!(word(&house.sign_in_from(from(n), "login-p1", "wrong").await), "identity.wrong_password", "{n}");
        }
        assert_eq!(word(&house.sign_in_from(from(8), "login-p1", "wrong").await), "locked 60", "an address nobody knows");
        house.sign_in("login-p1", PASSWORD).await.expect("it came in from here before");
        for n in 10..18 {
            house.sign_in_from(from(n), "login-p1", "wrong").await.unwrap_err();
        }
        house.clock.advance_secs(60);
        assert_eq!(word(&house.sign_in_from(from(20), "login-p1", "wrong").await), "identity.wrong_password", "one in a minute");
        assert_eq!(word(&house.sign_in_from(from(21), "login-p1", "wrong").await), "locked 60");
        // A month without coming in, and the address is one like any other.
        house.clock.advance_secs(31 * 86_400);
        for n in 30..38 {
            house.sign_in_from(from(n), "login-p1", "wrong").await.unwrap_err();
        }
        assert_eq!(word(&house.sign_in("login-p1", PASSWORD).await), "locked 60");
    }

    async fn guesses_at_the_same_time_do_not_slip_past(db: Db) {
        let house = std::sync::Arc::new(House::open(db).await);
        house.account("P1").await;
        let mut guesses = tokio::task::JoinSet::new();
        for n in 0..24 {
            let house = house.clone();
            guesses.spawn(async move { word(&house.sign_in("login-p1", &format!("guess-{n}")).await) });
        }
        let words = guesses.join_all().await;
        assert_eq!(words.iter().filter(|w| *w == "identity.wrong_password").count(), 5, "{words:?}");
        assert_eq!(words.iter().filter(|w| w.starts_with("locked")).count(), 19, "{words:?}");
    }

    async fn a_session_ends_by_time_and_by_idleness(db: Db) {
        let house = House::open(db).await;
        house.account("P1").await;
        let token = house.sign_in("login-p1", PASSWORD).await.unwrap();
        for _ in 0..30 {
            house.clock.advance_secs(11 * 3600);
            assert!(house.signed(&token).await.is_some(), "use keeps it");
        }
        house.clock.advance_secs(6 * 3600);
        assert!(house.signed(&token).await.is_none(), "14 days are over, though it was in use");
        let token = house.sign_in("login-p1", PASSWORD).await.unwrap();
        house.clock.advance_secs(12 * 3600 + 1);
        assert!(house.signed(&token).await.is_none(), "12 hours unused");
        assert!(house.signed(&Token("no-such-token".into())).await.is_none());
    }

    async fn memory_does_not_outlive_a_session(db: Db) {
        let house = House::with_rules(db, DoorRules { session_secs: 4, ..DoorRules::default() }).await;
        house.account("P1").await;
        let token = house.sign_in("login-p1", PASSWORD).await.unwrap();
        assert!(house.signed(&token).await.is_some());
        house.clock.advance_secs(4);
        assert!(house.signed(&token).await.is_none());
    }

    async fn memory_does_not_outlive_idleness(db: Db) {
        let house = House::with_rules(db, DoorRules { idle_secs: 4, ..DoorRules::default() }).await;
        house.account("P1").await;
        let token = house.sign_in("login-p1", PASSWORD).await.unwrap();
        assert!(house.signed(&token).await.is_some());
        house.clock.advance_secs(5);
        assert!(house.signed(&token).await.is_none());
    }

    async fn a_short_idleness_is_counted_from_the_last_use(db: Db) {
        let house = House::with_rules(db, DoorRules { idle_secs: 120, ..DoorRules::default() }).await;
        house.account("P1").await;
        let token = house.sign_in("login-p1", PASSWORD).await.unwrap();
        for _ in 0..5 {
            house.clock.advance_secs(90);
            assert!(house.signed(&token).await.is_some());
        }
    }

    async fn memory_does_not_outlive_an_appointment(db: Db) {
        let house = House::open(db).await;
        house.account("P3").await;
        house.appoint(&[AppointmentInput { valid_to: Some(house.ctx().now().plus_secs(3)), ..post("P3", "guard", "E1") }]).await;
        let token = house.sign_in("login-p3", PASSWORD).await.unwrap();
        assert_eq!(house.role(&token).await, Some(Role::Guard));
        house.clock.advance_secs(3);
        assert!(matches!(house.actor(&token).await, Some(Actor::Unappointed { .. })));
    }

    async fn an_ended_appointment_loses_its_power_at_once(db: Db) {
        let house = House::open(db).await;
        house.account("P1").await;
        tokio::spawn(house.doorkeeper.clone().listen());
        let token = house.sign_in("login-p1", PASSWORD).await.unwrap();
        let Some(Actor::Staff { appointment, .. }) = house.actor(&token).await else { panic!("not appointed") };
        let mut tx = house.db.begin(house.district).await.unwrap();
        linli_people::commands::end_appointment(&house.ctx(), &mut tx, linli_people::model::AppointmentId(appointment), house.ctx().now()).await.unwrap();
        tx.commit().await.unwrap();
        let waited = tokio::time::timeout(Duration::from_secs(5), async {
            while house.role(&token).await.is_some() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        waited.await.expect("the doorkeeper hears of it while the clock stands still");
    }

    async fn a_password_link_works_once_and_ends_sessions(db: Db) {
        let house = House::open(db).await;
        let account = house.account("P1").await;
        let session = house.sign_in("login-p1", PASSWORD).await.unwrap();
        assert!(house.signed(&session).await.is_some());
        for _ in 0..5 {
            house.sign_in("login-p1", "wrong").await.unwrap_err();
        }
        let hash = house.passwords.hash(house.rng.as_ref(), "Another-2027!").await.unwrap();
        let mut tx = house.db.begin(CITY).await.unwrap();
        let first = commands::make_password_link(&house.ctx(), &mut tx, account, &house.rules).await.unwrap();
        let link = commands::make_password_link(&house.ctx(), &mut tx, account, &house.rules).await.unwrap();
        assert!(matches!(commands::set_password_by_link(&house.visitor(), &mut tx, &first, &hash, HERE).await, Err(IdentityError::LinkGone)));
        commands::set_password_by_link(&house.visitor(), &mut tx, &link, &hash, HERE).await.unwrap();
        assert!(matches!(commands::set_password_by_link(&house.visitor(), &mut tx, &link, &hash, HERE).await, Err(IdentityError::LinkGone)));
        let old = commands::make_password_link(&house.ctx(), &mut tx, account, &house.rules).await.unwrap();
        tx.commit().await.unwrap();
        house.doorkeeper.forget();
        assert!(house.signed(&session).await.is_none());
        house.sign_in("login-p1", "Another-2027!").await.expect("a new password ends the lock");
        assert_eq!(word(&house.sign_in("login-p1", PASSWORD).await), "identity.wrong_password");
        house.clock.advance_secs(house.rules.link_secs);
        let mut read = house.db.read().await.unwrap();
        assert!(!queries::link_stands(&mut read.conn(), &old, LinkKind::Password, house.ctx().now()).await.unwrap(), "a day is over");
    }

    async fn ones_own_password_is_proved_and_other_devices_leave(db: Db) {
        let house = House::open(db).await;
        house.account("P1").await;
        let (here, there) = (house.sign_in("login-p1", PASSWORD).await.unwrap(), house.sign_in("login-p1", PASSWORD).await.unwrap());
        let change = async |old: &str, new: &str| commands::change_password(&house.visitor(), &house.db, &house.passwords, &house.rules, &here, old, new).await;
        assert_eq!(word(&change("wrong", "Another-2027!").await), "identity.wrong_password");
        for weak in ["Short-1", "alllowercase", "Login-P1-2027"] {
            assert_eq!(word(&change(PASSWORD, weak).await), "identity.weak_password", "{weak}");
        }
        change(PASSWORD, "Another-2027!").await.unwrap();
        house.doorkeeper.forget();
        assert!(house.signed(&here).await.is_some() && house.signed(&there).await.is_none());
        house.sign_in("login-p1", "Another-2027!").await.unwrap();
    }

    async fn a_closed_account_is_out_at_once(db: Db) {
        let house = House::open(db).await;
        let account = house.account("P1").await;
        let session = house.sign_in("login-p1", PASSWORD).await.unwrap();
        let mut tx = house.db.begin(CITY).await.unwrap();
        let steward = house.staff(Role::LifeSteward, house.district, house.path("E1").await);
        assert!(commands::disable_account(&steward, &mut tx, account).await.is_err(), "stewards close no accounts");
        let link = commands::make_password_link(&house.ctx(), &mut tx, account, &house.rules).await.unwrap();
        commands::disable_account(&house.ctx(), &mut tx, account).await.unwrap();
        tx.commit().await.unwrap();
        house.doorkeeper.forget();
        assert!(house.signed(&session).await.is_none());
        let mut tx = house.db.begin(CITY).await.unwrap();
        assert!(commands::set_password_by_link(&house.ctx(), &mut tx, &link, "hash", HERE).await.is_err(), "an open link opens nothing");
        drop(tx);
        assert_eq!(word(&house.sign_in("login-p1", PASSWORD).await), "identity.wrong_password");
    }

    async fn a_login_is_one_in_the_whole_installation(db: Db) {
        let house = House::open(db).await;
        house.account("P1").await;
        let person = house.person("P2").await;
        let mut tx = house.db.begin(CITY).await.unwrap();
        for login in ["LOGIN-P1", "ab", "two words", "<b>"] {
            let refused = commands::create_account(&house.ctx(), &mut tx, house.district, person, login).await;
            assert!(matches!(refused, Err(IdentityError::BadLogin)), "{login}");
        }
    }

    async fn an_invented_cookie_ends_nothing(db: Db) {
        let house = House::open(db).await;
        house.account("P1").await;
        let steward = house.post("/login", "", &[("login", "login-p1"), ("password", PASSWORD)]).await.cookie();
        let name = steward.split('=').next().unwrap();
        let before = house.kinds().await;
        // What the door remembers is seen by what it does not look up again.
        house.get("/homes/code", &steward).await;
        let mut tx = house.db.begin(CITY).await.unwrap();
        let c = &mut tx.conn().unwrap();
        linli_db::exec!(c, sqlx::query("DELETE FROM session")).unwrap();
        tx.commit().await.unwrap();
        let out = house.post("/logout", &format!("{name}=invented"), &[]).await;
        assert_eq!(out.status, StatusCode::SEE_OTHER);
        assert_eq!(house.kinds().await, before, "no line of the journal");
        assert_eq!(house.get("/homes/code", &steward).await.status, StatusCode::OK, "and the door has not forgotten everybody");
    }

    async fn what_waited_on_a_device_is_taken_from_its_owner_only(db: Db) {
        let house = House::open(db).await;
        house.account("P1").await;
        let steward = house.post("/login", "", &[("login", "login-p1"), ("password", PASSWORD)]).await.cookie();
        let page = house.get("/account", &steward).await;
        let owner = page.text.split("data-owner=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
        let home = [("home", "E1/3栋/1单元/101")];
        let sent = async |cookie: &str, headers: &[(&str, &str)]| house.post_with("/homes/code", cookie, headers, &home).await;
        assert_eq!(sent(&steward, &[("linli-owner", &owner)]).await.status, StatusCode::OK);
        let refused = sent(&steward, &[("linli-owner", "somebody-else"), ("accept", "application/problem+json")]).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{}", refused.text);
        assert!(refused.text.contains("web.other_owner"), "{}", refused.text);
        let nobody = house.post_with("/claim", "", &[("linli-owner", &owner)], &[("code", "22222-22223")]).await;
        assert_eq!(nobody.status, StatusCode::UNAUTHORIZED, "where no account is asked for, an owner's form is not taken from a stranger either");
        // All visitors are one actor: a key of theirs must be as hard to guess as what is answered to it.
        let keyed = async |key: &str, cookie: &str| house.post_with("/claim", cookie, &[("idempotency-key", key)], &[("code", "x")]).await;
        let short = keyed("1234567890-1234567890", "").await;
        assert!(short.status == StatusCode::BAD_REQUEST && short.text.contains("Idempotency-Key 太短"), "{}", short.text);
        assert_eq!(keyed("1234567890-1234567890a", "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(keyed("12345678", &steward).await.status, StatusCode::UNPROCESSABLE_ENTITY, "who is signed in shares it with nobody");
    }

    async fn what_ran_out_is_swept(db: Db) {
        let house = House::open(db).await;
        let account = house.account("P1").await;
        house.sign_in("login-p1", PASSWORD).await.unwrap();
        house.sign_in("nobody", "wrong").await.unwrap_err();
        let home = house.path("E1/3栋/1单元/101").await;
        let mut tx = house.db.begin(house.district).await.unwrap();
        commands::make_claim_code(&house.ctx(), &mut tx, &home, &house.rules).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = house.db.begin(CITY).await.unwrap();
        commands::make_password_link(&house.ctx(), &mut tx, account, &house.rules).await.unwrap();
        assert_eq!(commands::sweep(&house.ctx(), &mut tx).await.unwrap(), 0, "nothing ran out");
        tx.commit().await.unwrap();
        house.clock.advance_secs(house.rules.code_secs);
        let mut tx = house.db.begin(CITY).await.unwrap();
        // The session, the used and the unused link, the code, the failure counted here and anywhere, and that somebody came in here.
        assert_eq!(commands::sweep(&house.ctx(), &mut tx).await.unwrap(), 7);
    }

    async fn the_door_through_the_router(db: Db) {
        let house = House::open(db).await;
        house.account("P1").await;
        let page = house.get("/login?next=/account", "").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("工作人员登录") && page.text.contains("value=\"/account\""));
        assert_eq!(house.get("/account", "").await.status, StatusCode::UNAUTHORIZED);

        let wrong = house.post("/login", "", &[("login", "login-p1"), ("password", "wrong"), ("next", "/account")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("账号或密码不对") && wrong.cookie().is_empty());
        let right = house.post("/login", "", &[("login", "login-p1"), ("password", PASSWORD), ("next", "/account")]).await;
        assert_eq!((right.status, right.location()), (StatusCode::SEE_OTHER, "/account"));
        let cookie = right.cookie();
        assert!(cookie.starts_with("linli="), "{cookie}");
        let mine = house.get("/account", &cookie).await;
        assert_eq!(mine.status, StatusCode::OK);
        assert!(mine.text.contains("login-p1") && mine.text.contains("陈桂兰") && mine.text.contains("生活管家"));
        assert_eq!(house.get("/admin/accounts", &cookie).await.status, StatusCode::FORBIDDEN);
        assert_eq!(house.get("/choose-role", &cookie).await.status, StatusCode::OK);

        let out = house.post("/logout", &cookie, &[]).await;
        assert_eq!(out.status, StatusCode::SEE_OTHER);
        house.doorkeeper.forget();
        assert_eq!(house.get("/account", &cookie).await.status, StatusCode::UNAUTHORIZED);

        let away = house.post("/login", "", &[("login", "login-p1"), ("password", PASSWORD), ("next", "//evil.example")]).await;
        assert_eq!(away.location(), "/");
        for _ in 0..5 {
            house.post("/login", "", &[("login", "login-p1"), ("password", "wrong")]).await;
        }
        let locked = house.post("/login", "", &[("login", "login-p1"), ("password", PASSWORD)]).await;
        assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(locked.text.contains("1 分钟"), "{}", locked.text);
    }

    /// An office behind one address: whoever guesses codes of homes there, or tries one login again and again, shuts out none of the others;
    /// and he goes on nowhere with what a client says its address is.
    async fn a_neighbour_who_guesses_shuts_nobody_else_out(db: Db) {
        let house = House::limited(db).await;
        for code in ["P1", "P2"] {
            house.account(code).await;
        }
        let behind = |spoofed: &'static str| [("x-forwarded-for", spoofed)];
        let tried = async |spoofed, uri: &str, form: &[(&str, &str)]| house.post_with(uri, "", &behind(spoofed), form).await.status;
        let own = [("login", "login-p1"), ("password", PASSWORD)];
        for _ in 0..11 {
            tried("203.0.113.7", "/claim", &[("code", "ABCD-EFGH-J")]).await;
        }
        assert_eq!(tried("198.51.100.1, 203.0.113.7", "/claim", &[("code", "ABCD-EFGH-J")]).await, StatusCode::TOO_MANY_REQUESTS);
        assert_ne!(tried("203.0.113.8", "/claim", &[("code", "ABCD-EFGH-J")]).await, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(tried("203.0.113.7", "/login", &own).await, StatusCode::SEE_OTHER);
        for _ in 0..12 {
            tried("203.0.113.7", "/login", &[("login", "Login-P2"), ("password", "wrong")]).await;
        }
        assert_eq!(tried("203.0.113.7", "/login", &[("login", "login-p2 "), ("password", PASSWORD)]).await, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(tried("203.0.113.7", "/login", &own).await, StatusCode::SEE_OTHER);
        // Whoever tries many logins from one address is stopped as well.
        let mut last = StatusCode::OK;
        for n in 0..121 {
            last = tried("203.0.113.9", "/login", &[("login", &format!("login-x{n}")), ("password", "wrong")]).await;
        }
        assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(tried("203.0.113.7", "/login", &own).await, StatusCode::SEE_OTHER);
    }

    async fn accounts_through_the_router(db: Db) {
        let house = House::open(db).await;
        let mut tx = house.db.begin(CITY).await.unwrap();
        let link = commands::make_setup_link(&house.ctx(), &mut tx, &house.rules).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let setup = format!("/setup/{}", link.0);
        assert_eq!(house.get(&setup, "").await.status, StatusCode::OK);
        let weak = house.post(&setup, "", &[("name", "王芳"), ("login", "wangfang"), ("password", "short")]).await;
        assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(weak.text.contains("王芳"), "what was typed stays");
        let made = house.post(&setup, "", &[("name", "王芳"), ("login", "wangfang"), ("password", PASSWORD)]).await;
        let cookie = made.cookie();
        assert_eq!((made.status, made.location()), (StatusCode::SEE_OTHER, "/"));
        assert_eq!(house.get(&setup, "").await.status, StatusCode::GONE);

        let list = house.get("/admin/accounts", &cookie).await;
        assert_eq!(list.status, StatusCode::OK);
        assert!(list.text.contains("wangfang"));
        let unknown = house.post("/admin/accounts", &cookie, &[("district", "320102"), ("person", "P404"), ("login", "chen")]).await;
        assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
        let created = house.post("/admin/accounts", &cookie, &[("district", "320102"), ("person", "P1"), ("login", "chen")]).await;
        assert_eq!(created.status, StatusCode::OK);
        let shown = created.text.split("https://linli.example").nth(1).unwrap();
        let activate = shown.split('<').next().unwrap();
        let named = house.post(activate, "", &[("password", "Chen-lives-2027")]).await;
        assert_eq!(named.status, StatusCode::UNPROCESSABLE_ENTITY, "a password that holds the login");
        let entered = house.post(activate, "", &[("password", PASSWORD)]).await;
        assert_eq!(entered.status, StatusCode::SEE_OTHER);
        assert_eq!(house.get(activate, "").await.status, StatusCode::GONE);
        assert!(house.get("/account", &entered.cookie()).await.text.contains("chen"));

        // Found by what one knows of somebody; closed, and opened again with one tap.
        let found = house.get("/admin/accounts?role=life_steward&place=%E6%A2%85%E5%9B%AD%E4%B8%80%E6%9D%91", &cookie).await.text;
        assert!(found.contains("陈桂兰") && found.contains("chen · P1") && found.contains("生活管家 梅园新村社区居委会 梅园一村 3栋 1单元"), "{found}");
        assert!(!found.contains("wangfang · "));
        let unclear = house.get("/admin/accounts?place=nowhere", &cookie).await.text;
        assert!(unclear.contains("f-place-wrong") && !unclear.contains("陈桂兰"));
        let disable = found.split("action=\"").find(|part| part.contains("/disable")).unwrap().split('"').next().unwrap();
        let closed = house.post(disable, &cookie, &[]).await;
        assert_eq!((closed.status, closed.location()), (StatusCode::SEE_OTHER, "/admin/accounts?q=chen"));
        assert!(house.get(closed.location(), &cookie).await.text.contains("已停用"));
        assert_eq!(house.post(&disable.replace("disable", "enable"), &cookie, &[]).await.status, StatusCode::SEE_OTHER);
        assert!(!house.get(closed.location(), &cookie).await.text.contains("已停用"));
    }

    async fn accounts_are_found_by_login_name_role_and_place(db: Db) {
        let house = House::open(db).await;
        for code in ["P1", "P2", "P3"] {
            house.account(code).await;
        }
        let mut tx = house.db.begin(CITY).await.unwrap();
        let link = commands::make_setup_link(&house.ctx(), &mut tx, &house.rules).await.unwrap();
        assert!(link.is_none(), "there are accounts");
        drop(tx);
        let list = async |filter: AccountFilter, after: &str, limit| {
            let mut read = house.db.read().await.unwrap();
            let lines = queries::accounts(&house.ctx(), &mut read.conn(), &filter, after, limit).await.unwrap();
            lines.into_iter().map(|line| (line.account.login, line.person_name.unwrap_or_default())).collect::<Vec<_>>()
        };
        let all = |text: &str| AccountFilter { text: text.into(), ..AccountFilter::default() };
        let logins = |found: Vec<(String, String)>| found.into_iter().map(|(login, _)| login).collect::<Vec<_>>();
        assert_eq!(list(all(""), "", 2).await, [("login-p1".into(), "陈桂兰".into()), ("login-p2".into(), "周建国".into())]);
        assert_eq!(logins(list(all(""), "login-p2", 2).await), ["login-p3"], "the next page begins after the last login");
        assert_eq!(logins(list(all("周"), "", 9).await), ["login-p2"]);
        assert_eq!(logins(list(all("LOGIN-P3"), "", 9).await), ["login-p3"]);
        assert_eq!(logins(list(all("p2"), "", 9).await), ["login-p2"]);
        assert_eq!(logins(list(all("%"), "", 9).await), Vec::<String>::new(), "a sign is a sign");
        let guards = AccountFilter { role: Some(Role::Guard), ..AccountFilter::default() };
        assert_eq!(logins(list(guards, "", 9).await), ["login-p2"]);
        let under = |place: PlacePath| AccountFilter { under: Some(Scope { district: house.district, place }), ..AccountFilter::default() };
        assert_eq!(logins(list(under(house.path("E1/3栋").await), "", 9).await), ["login-p1"]);
        assert_eq!(logins(list(under(house.path("E1").await), "", 9).await), ["login-p1", "login-p2"], "who holds nothing is nowhere");
        let refused = queries::accounts(&house.visitor(), &mut house.db.read().await.unwrap().conn(), &all(""), "", 9).await;
        assert!(matches!(refused, Err(IdentityError::Denied(_))));
    }
}

#[test]
fn every_text_exists_in_both_languages() {
    let texts =
        Texts::new(&[linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_people::TEXTS, linli_identity::TEXTS]).unwrap();
    let templates = [
        include_str!("../../templates/identity-account.html"),
        include_str!("../../templates/identity-accounts.html"),
        include_str!("../../templates/identity-claim.html"),
        include_str!("../../templates/identity-code.html"),
        include_str!("../../templates/identity-home.html"),
        include_str!("../../templates/identity-link.html"),
        include_str!("../../templates/identity-login.html"),
        include_str!("../../templates/identity-logout.html"),
        include_str!("../../templates/identity-roles.html"),
        include_str!("../../src/pages/mod.rs"),
        include_str!("../../src/pages/account_list.rs"),
        include_str!("../../src/pages/accounts.rs"),
        include_str!("../../src/pages/home.rs"),
        include_str!("../../src/pages/links.rs"),
        include_str!("../../src/pages/sign_in.rs"),
    ];
    assert_eq!(texts.check_templates(&templates), Vec::<String>::new());
    for role in Role::ALL {
        assert!(texts.has(&format!("role-{role}")), "{role}");
    }
}
