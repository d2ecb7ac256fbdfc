//! Estates and homes: natural keys, figures, bad rows.

use linli_access::Scope;
use linli_db::{Db, journal};
use linli_kernel::{Area, PlaceLevel};
use linli_territory::commands::{self, EntranceInput};
use linli_territory::error::Outcome;
use linli_territory::model::{EstateInput, EstateKind, HomeInput, Management};
use linli_territory::queries;

use crate::support::*;

linli_db::both_databases! {
    async fn estates_and_homes_are_counted_and_found(db: Db) {
        let ctx = system();
        let district = two_estates(&ctx, &db).await;
        let top = at_key(&db, district, "320102").await;
        let mut read = db.read().await.unwrap();
        let c = &mut read.conn();
        let figures = queries::coverage(c, district, &top.path).await.unwrap();
        assert_eq!((figures.estates, figures.old, figures.closed, figures.scattered), (2, 1, 1, 1));
        assert_eq!((figures.in_care, figures.in_care_closed, figures.in_care_scattered), (1, 1, 0));
        assert_eq!((figures.area, figures.area_in_care), (3_600_000, 3_600_000));
        assert_eq!((figures.households, figures.households_in_care), (480, 480));
        assert_eq!((figures.buildings, figures.entrances, figures.homes), (2, 4, 12));
        let entrance = queries::resolve(c, district, "E1/10栋/2单元").await.unwrap().unwrap();
        assert_eq!(entrance.level, PlaceLevel::Entrance);
        assert_eq!(queries::coverage(c, district, &entrance.path).await.unwrap().homes, 3);
        let estate = queries::resolve(c, district, "E1").await.unwrap().unwrap();
        let names: Vec<String> = queries::children(c, district, &estate.path).await.unwrap().into_iter().map(|p| p.name).collect();
        assert_eq!(names, ["3栋", "10栋"], "as people sort them");
        let home = queries::resolve(c, district, "E1/3栋/1单元/201").await.unwrap().unwrap();
        let way: Vec<String> = queries::crumbs(c, district, &home.path).await.unwrap().into_iter().map(|k| k.name).collect();
        assert_eq!(way, ["南京市", "玄武区", "梅园新村街道", "梅园新村社区居委会", "梅园一村", "3栋", "1单元", "201"]);
        assert_eq!(queries::find_places(c, district, &top.path, "一村", 10).await.unwrap(), vec![estate.clone()]);
        assert_eq!(queries::find_places(c, district, &top.path, "%", 10).await.unwrap(), vec![], "a wildcard is a letter here");
        assert_eq!(queries::check_counts(c, district).await.unwrap(), vec![]);

        let scope = Scope { district, place: top.path };
        let first = queries::homes(c, &scope, None, 7).await.unwrap();
        let rest = queries::homes(c, &scope, first.last().map(|h| &h.place.path), 7).await.unwrap();
        assert_eq!((first.len(), rest.len()), (7, 5));
        let estate = queries::estate_at(c, district, &estate.path).await.unwrap().unwrap();
        assert_eq!(estate.managed_since, Some(jiff::civil::date(2020, 7, 1)));
        assert_eq!((estate.kind, estate.management), (Some(EstateKind::Closed), Some(Management::Entrusted)));
    }

    async fn the_same_rows_again_change_nothing(db: Db) {
        let ctx = system();
        let district = two_estates(&ctx, &db).await;
        let lines = journal::last_seq(&mut db.read().await.unwrap().conn(), district).await.unwrap();
        let again = put_homes(&ctx, &db, district, &[home("E1", "3栋", "1单元", 1, "101"), home("E1", " 3栋 ", "1单元", 2, "201")]).await;
        assert!(again.iter().all(|a| a.outcome == Outcome::Unchanged));
        let unstated = HomeInput { floor: None, area: None, ..home("E1", "3栋", "1单元", 1, "101") };
        assert_eq!(put_homes(&ctx, &db, district, &[unstated]).await[0].outcome, Outcome::Unchanged, "unknown is not a change");
        let estates = put_estates(&ctx, &db, district, &[estate("E1", MEIYUAN, "梅园一村")]).await;
        assert_eq!(estates[0].outcome, Outcome::Unchanged);
        assert_eq!(journal::last_seq(&mut db.read().await.unwrap().conn(), district).await.unwrap(), lines, "nothing happened, no line");

        let bigger = HomeInput { area: Some(Area(7_000)), floor: Some(9), ..home("E1", "3栋", "1单元", 1, "101") };
        assert_eq!(put_homes(&ctx, &db, district, &[bigger]).await[0].outcome, Outcome::Changed(vec!["floor", "area_m2"]));
        let renamed = EstateInput { households: Some(500), ..estate("E1", MEIYUAN, "梅园新村一村") };
        assert_eq!(put_estates(&ctx, &db, district, &[renamed]).await[0].outcome, Outcome::Changed(vec!["households", "name"]));
        assert_eq!(at_key(&db, district, "E1").await.name, "梅园新村一村");
    }

    async fn entrances_come_without_homes(db: Db) {
        let ctx = system();
        let district = two_estates(&ctx, &db).await;
        let row = |estate: &str, building: &str, entrance: Option<&str>| EntranceInput {
            estate: estate.into(), building: building.into(), entrance: entrance.map(Into::into),
        };
        let rows = [row("E2", "1栋", None), row("E2", "1栋", Some("1单元")), row("E1", "3栋", Some("1单元")), row("E9", "1栋", None)];
        let mut tx = db.begin(district).await.unwrap();
        let answers = commands::put_entrances(&ctx, &mut tx, &rows).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(answers[0].outcome, Outcome::Created);
        assert_eq!(answers[1].outcome, Outcome::Created);
        assert_eq!(answers[2].outcome, Outcome::Unchanged);
        assert_eq!(rejected(&answers[3]), ("estate_code", "unknown"));
        let mut read = db.read().await.unwrap();
        let c = &mut read.conn();
        let path = queries::resolve(c, district, "E2").await.unwrap().unwrap().path;
        let figures = queries::coverage(c, district, &path).await.unwrap();
        assert_eq!((figures.buildings, figures.entrances, figures.homes), (1, 1, 0));
        assert_eq!(queries::check_counts(c, district).await.unwrap(), vec![]);
    }

    async fn impossible_rows_are_named_and_nothing_of_them_is_kept(db: Db) {
        let ctx = system();
        let district = two_estates(&ctx, &db).await;
        let base = || estate("E5", MEIYUAN, "五村");
        let rows = [
            EstateInput { community: "320102002999".into(), ..base() },
            EstateInput { community: "320102002".into(), ..base() },
            EstateInput { code: "E/5".into(), ..base() },
            EstateInput { name: "五\u{0}村".into(), ..base() },
            EstateInput { name: "村".repeat(100_000), ..base() },
            EstateInput { year_built: Some(1492), ..base() },
            EstateInput { year_built: Some(2040), ..base() },
            EstateInput { households: Some(-3), ..base() },
            EstateInput { area: Some(Area(-1)), ..base() },
            EstateInput { manager_credit_code: Some("91350100M000100Y44".into()), ..base() },
            EstateInput { managed_since: Some(jiff::civil::date(2031, 1, 1)), ..base() },
            EstateInput { year_built: Some(2010), managed_since: Some(jiff::civil::date(2005, 1, 1)), ..base() },
            base(),
        ];
        let answers = put_estates(&ctx, &db, district, &rows).await;
        let expected = [
            ("community_code", "unknown"), ("community_code", "not_a_community"), ("estate_code", "slash"), ("name", "control_characters"),
            ("name", "too_long"), ("year_built", "impossible"), ("year_built", "impossible"), ("households", "impossible"),
            ("area_m2", "impossible"), ("manager_credit_code", "credit_code"), ("managed_since", "in_the_future"),
        ];
        for (answer, expected) in answers.iter().zip(expected) {
            assert_eq!(rejected(answer), expected);
        }
        assert_eq!(answers[11].outcome, Outcome::Created);
        assert_eq!(answers[11].doubts[0].what, "before_built", "kept, and doubted");
        assert_eq!(rejected(&answers[12]), ("estate_code", "duplicate"));

        let homes = [
            home("E404", "1栋", "1单元", 1, "101"),
            home("E1", "1/栋", "1单元", 1, "101"),
            home("E1", "1栋", "", 1, "101"),
            home("E1", "1栋", "1单元", 999, "101"),
            HomeInput { area: Some(Area(0)), ..home("E1", "1栋", "1单元", 1, "101") },
            home("E1", "1栋", "1单元", 1, "101"),
            home("E1", "1栋", "1单元", 2, "101"),
        ];
        let answers = put_homes(&ctx, &db, district, &homes).await;
        let expected = [("estate_code", "unknown"), ("building", "slash"), ("entrance", "missing"), ("floor", "impossible"), ("area_m2", "impossible")];
        for (answer, expected) in answers.iter().zip(expected) {
            assert_eq!(rejected(answer), expected);
        }
        assert_eq!(answers[5].outcome, Outcome::Created);
        assert_eq!(rejected(&answers[6]), ("room", "duplicate"));
        let mut read = db.read().await.unwrap();
        assert_eq!(queries::check_counts(&mut read.conn(), district).await.unwrap(), vec![]);
    }
}
