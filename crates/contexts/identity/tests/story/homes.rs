//! The claim of a home: the code on paper, what ends a claim, and what follows when the home moves.

use http::StatusCode;
use linli_access::{Actor, Role};
use linli_db::{Db, both_databases};
use linli_identity::{IdentityError, commands};
use linli_kernel::PlacePath;

use super::house::{House, PASSWORD};

both_databases! {
    async fn a_home_is_claimed_once_and_given_back(db: Db) {
        let house = House::open(db).await;
        let home = house.path("E1/3栋/1单元/101").await;
        let steward = house.staff(Role::LifeSteward, house.district, house.path("E1/3栋/1单元").await);
        let mut tx = house.db.begin(house.district).await.unwrap();
        let guard = house.staff(Role::Guard, house.district, house.path("E1").await);
        assert!(commands::make_claim_code(&guard, &mut tx, &home, &house.rules).await.is_err(), "guards read no homes");
        let estate = house.path("E1").await;
        assert!(commands::make_claim_code(&house.ctx(), &mut tx, &estate, &house.rules).await.is_err(), "an estate is no home");
        let code = commands::make_claim_code(&steward, &mut tx, &home, &house.rules).await.unwrap();
        let old = commands::make_claim_code(&steward, &mut tx, &home, &house.rules).await.unwrap();
        tx.commit().await.unwrap();

        let typed = code.to_lowercase().replace('-', " ");
        assert_eq!(commands::district_of_code(&house.visitor(), &house.db, &typed).await.unwrap(), house.district);
        let mut tx = house.db.begin(house.district).await.unwrap();
        let token = commands::claim_home(&house.visitor(), &mut tx, &typed, &house.rules).await.unwrap();
        assert!(matches!(commands::claim_home(&house.visitor(), &mut tx, &typed, &house.rules).await, Err(IdentityError::LinkGone)), "used");
        tx.commit().await.unwrap();
        assert!(commands::district_of_code(&house.visitor(), &house.db, &typed).await.is_err());
        let Some(Actor::Resident { claim }) = house.actor(&token).await else { panic!("no resident") };
        let (district, id) = commands::claim_of_session(&house.db, &token).await.unwrap().unwrap();
        assert_eq!((district, id.0), (house.district, claim));

        let resident = linli_access::Ctx { actor: Actor::Resident { claim }, ..house.visitor() };
        let mut tx = house.db.begin(house.district).await.unwrap();
        assert!(commands::release_home(&house.visitor(), &mut tx, id).await.is_err(), "only its holder gives it back");
        commands::release_home(&resident, &mut tx, id).await.unwrap();
        tx.commit().await.unwrap();
        house.doorkeeper.forget();
        assert!(house.signed(&token).await.is_none());

        house.clock.advance_secs(house.rules.code_secs);
        assert!(commands::district_of_code(&house.visitor(), &house.db, &old).await.is_err(), "out of date");
    }

    async fn a_newer_code_or_the_steward_ends_the_claims_of_a_home(db: Db) {
        let house = House::open(db).await;
        let (home, entrance) = (house.path("E1/3栋/1单元/101").await, house.path("E1/3栋/1单元").await);
        let next_door = house.path("E1/3栋/1单元/201").await;
        let steward = house.staff(Role::LifeSteward, house.district, entrance);
        let code = async |home: &PlacePath| {
            let mut tx = house.db.begin(house.district).await.unwrap();
            let code = commands::make_claim_code(&steward, &mut tx, home, &house.rules).await.unwrap();
            tx.commit().await.unwrap();
            code
        };
        let claim = async |code: String| {
            let mut tx = house.db.begin(house.district).await.unwrap();
            let token = commands::claim_home(&house.visitor(), &mut tx, &code, &house.rules).await?;
            tx.commit().await.unwrap();
            house.doorkeeper.forget();
            Ok::<_, IdentityError>(token)
        };
        let other = claim(code(&next_door).await).await.unwrap();
        let first = claim(code(&home).await).await.unwrap();
        let waiting = code(&home).await;
        assert!(house.signed(&first).await.is_some(), "a code that nobody has used yet ends nothing");
        let second = claim(waiting).await.unwrap();
        assert!(house.signed(&first).await.is_none(), "the newer code ends the earlier claim");
        assert!(house.signed(&second).await.is_some());
        let unused = code(&home).await;

        let mut tx = house.db.begin(house.district).await.unwrap();
        let elsewhere = house.staff(Role::LifeSteward, house.district, next_door.clone());
        let guard = house.staff(Role::Guard, house.district, house.path("E1").await);
        for nobody in [&elsewhere, &guard, &house.visitor()] {
            assert!(commands::end_claims(nobody, &mut tx, &home).await.is_err());
        }
        assert_eq!(commands::end_claims(&steward, &mut tx, &home).await.unwrap(), 1);
        tx.commit().await.unwrap();
        house.doorkeeper.forget();
        assert!(house.signed(&second).await.is_none(), "who spoke for the home does not any more");
        assert!(matches!(claim(unused).await, Err(IdentityError::LinkGone)), "nor does a code that still lay about");
        assert!(house.signed(&other).await.is_some(), "the home next door is as it was");
        let mut read = house.db.read().await.unwrap();
        let lines = linli_db::journal::after(&mut read.conn(), house.district, 0, 1_000).await.unwrap();
        let line = lines.iter().find(|line| line.kind == "identity.home_claims_ended").unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line.facts).unwrap(), serde_json::json!({ "claims": 1, "codes": 1 }));
        assert!(line.place_path != home && line.place_path.contains(&home), "a line stops at the entrance");
        drop(read);
        assert!(claim(code(&home).await).await.is_ok(), "with a new code the home is claimed again");
    }

    async fn claims_follow_a_move(db: Db) {
        let house = House::open(db).await;
        let home = house.path("E1/3栋/1单元/101").await;
        let mut tx = house.db.begin(house.district).await.unwrap();
        let code = commands::make_claim_code(&house.ctx(), &mut tx, &home, &house.rules).await.unwrap();
        let open = commands::make_claim_code(&house.ctx(), &mut tx, &home, &house.rules).await.unwrap();
        commands::claim_home(&house.visitor(), &mut tx, &code, &house.rules).await.unwrap();
        let estate = linli_territory::queries::resolve(&mut tx.conn().unwrap(), house.district, "E1").await.unwrap().unwrap();
        let parent = linli_territory::queries::resolve(&mut tx.conn().unwrap(), house.district, "320102002002").await.unwrap().unwrap();
        let moved = linli_territory::commands::move_place(&house.ctx(), &mut tx, estate.id, &parent.path).await.unwrap().unwrap();
        for (expected, of) in [(1, "the claim"), (2, "both codes"), (0, "nothing is left")] {
            assert_eq!(commands::follow_move(&house.ctx(), &mut tx, &moved, 100).await.unwrap(), expected, "{of}");
        }
        let token = commands::claim_home(&house.visitor(), &mut tx, &open, &house.rules).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(house.signed(&token).await.unwrap().name, "梅园一村 3栋 1单元 101");
    }

    async fn a_home_through_the_router(db: Db) {
        let house = House::open(db).await;
        house.account("P1").await;
        let steward = house.post("/login", "", &[("login", "login-p1"), ("password", PASSWORD)]).await.cookie();
        assert_eq!(house.post("/homes/code", &steward, &[("home", "E1/3栋/9单元/101")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let page = house.post("/homes/code", &steward, &[("home", "E1/3栋/1单元/101")]).await;
        assert_eq!(page.status, StatusCode::OK);
        for said in ["101", "3栋 1单元 101", " 3栋，1单元，101", "梅园一村 3栋 1单元 101", "梅园 3栋/1单元/101"] {
            let page = house.post("/homes/code", &steward, &[("home", said)]).await;
            assert!(page.status == StatusCode::OK && page.text.contains("梅园一村 3栋 1单元 101"), "{said}: {}", page.text);
        }
        for unknown in ["102 101", "3栋 1单元", "梅园二村 3栋 1单元 101", "/", "3栋 1单元 101 101"] {
            let page = house.post("/homes/code", &steward, &[("home", unknown)]).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{unknown}");
        }
        let code = page.text.split("<strong>").filter_map(|part| part.split("</strong>").next()).find(|c| c.len() == 11 && c.as_bytes()[5] == b'-');
        let code = code.expect("the code is shown once");
        let unclaimed = house.get("/my-home", "").await;
        assert_eq!(unclaimed.status, StatusCode::UNAUTHORIZED);
        assert!(unclaimed.text.contains("href=\"/claim\"") && !unclaimed.text.contains("/login"), "{}", unclaimed.text);
        let led = house.navigate("/my-home").await;
        assert_eq!((led.status, led.location()), (StatusCode::SEE_OTHER, "/claim"), "a resident has no sign-in of staff");
        assert_eq!(house.post("/claim", "", &[("code", "22222-22223")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let claimed = house.post("/claim", "", &[("code", code)]).await;
        assert_eq!((claimed.status, claimed.location()), (StatusCode::SEE_OTHER, "/my-home"));
        let home = house.get("/my-home", &claimed.cookie()).await;
        assert!(home.status == StatusCode::OK && home.text.contains("梅园一村 3栋 1单元 101"), "{}", home.text);
        assert_eq!(house.get("/account", &claimed.cookie()).await.status, StatusCode::NOT_FOUND, "a home has no account");
        assert_eq!(house.get("/admin/accounts", &claimed.cookie()).await.status, StatusCode::FORBIDDEN);
        let ended = house.post("/homes/code/end", &steward, &[("home", "E1/3栋/1单元/101")]).await;
        assert!(ended.status == StatusCode::OK && ended.text.contains("已结束这户的 1 个认领"), "{}", ended.text);
        assert_eq!(house.get("/my-home", &claimed.cookie()).await.status, StatusCode::UNAUTHORIZED, "out at once");
        assert_eq!(house.post("/homes/code/end", &steward, &[("home", "E1/9")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let page = house.post("/homes/code", &steward, &[("home", "E1/3栋/1单元/101")]).await;
        let code = page.text.split("<strong>").filter_map(|part| part.split("</strong>").next()).find(|c| c.len() == 11 && c.as_bytes()[5] == b'-');
        let claimed = house.post("/claim", "", &[("code", code.unwrap())]).await;
        assert_eq!(house.post("/my-home/release", &claimed.cookie(), &[]).await.status, StatusCode::SEE_OTHER);
        house.doorkeeper.forget();
        assert_eq!(house.get("/my-home", &claimed.cookie()).await.status, StatusCode::UNAUTHORIZED);
    }
}
