//! People, their appointments, and who answers where, on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on should stop"
)]

mod files;
mod house;

use house::door::Door;
use house::{COMMITTEE, COMMUNITY, COMPANY, House, OTHER_COMMUNITY, at, made, person, post, rejected};
use http::StatusCode;
use linli_access::Role;
use linli_db::{Db, both_databases, journal};
use linli_kernel::PlacePath;
use linli_people::commands;
use linli_people::model::{Answering, Appointment, AppointmentInput, ORGANISATION_KINDS, PersonInput, Via};
use linli_people::{PeopleError, queries};
use linli_territory::error::Outcome;
use linli_webkit::Texts;

/// Check digits fit; the codes belong to nobody.
const CODE_A: &str = "91350100M000100Y43";
const CODE_B: &str = "91320102MA00000018";

impl House {
    async fn answering(&self, place: &PlacePath) -> Vec<Answering> {
        let now = self.ctx().now();
        queries::answering_for(&mut self.db.read().await.unwrap().conn(), self.district, place, now).await.unwrap()
    }

    /// `role:name` of everybody who answers, nearest first within a role.
    async fn names(&self, key: &str) -> Vec<String> {
        let place = self.path(key).await;
        let mut names: Vec<String> =
            self.answering(&place).await.into_iter().map(|a| format!("{}:{}", a.role, a.person_name)).collect();
        names.sort();
        names
    }

    async fn held(&self, code: &str) -> Vec<Appointment> {
        let now = self.ctx().now();
        let mut read = self.db.read().await.unwrap();
        let c = &mut read.conn();
        let person = queries::person_by_code(c, self.district, code).await.unwrap().unwrap();
        queries::appointments_of(c, self.district, person.id, now).await.unwrap()
    }

    async fn last_line(&self) -> i64 {
        journal::last_seq(&mut self.db.read().await.unwrap().conn(), self.district).await.unwrap()
    }

    async fn end(&self, code: &str, at: linli_kernel::Ts) -> Result<(), PeopleError> {
        let id = self.held(code).await[0].id;
        let mut tx = self.db.begin(self.district).await.unwrap();
        commands::end_appointment(&self.ctx(), &mut tx, id, at).await?;
        tx.commit().await.unwrap();
        Ok(())
    }
}

both_databases! {
    async fn staff_are_found_by_name_role_and_place_a_page_at_a_time(db: Db) {
        let house = House::open(db).await;
        house.furnish().await;
        let door = Door::of(&house);
        let list = async |query: &str| {
            let (status, page) = door.get(&format!("/admin/people?district={}&{query}", house.district), "administrator@0").await;
            assert_eq!(status, StatusCode::OK, "{page}");
            page
        };
        let names = ["陈桂兰", "周建国", "吴秀珍", "李敏", "张伟", "孙丽"];
        let found = |page: &str| names.into_iter().filter(|name| page.contains(&format!("<strong>{name}</strong>"))).collect::<Vec<_>>();
        assert_eq!(found(&list("").await).len(), 6);
        assert_eq!(found(&list("role=life_steward").await), ["陈桂兰", "孙丽"]);
        assert_eq!(found(&list("role=life_steward&place=E1%2F3%E6%A0%8B").await), ["陈桂兰"], "of the building, not of the estate");
        assert_eq!(found(&list("place=E1%E5%B0%8F%E5%8C%BA").await).len(), 5, "by the name of the estate; the secretary's red post is there");
        assert_eq!(found(&list("q=p4").await), ["李敏"], "a staff number in small letters");
        let page = list("q=%E9%99%88").await;
        assert!(page.contains("生活管家 梅园新村社区居委会 E1小区 3栋 2单元"), "the post stands beside the name: {page}");
        let nowhere = list("place=%E6%B2%A1%E6%9C%89").await;
        assert!(found(&nowhere).is_empty() && nowhere.contains("f-place-wrong"), "{nowhere}");
        house.end("P1", at(24, 9)).await.unwrap();
        assert_eq!(found(&list("role=life_steward").await), ["孙丽"], "posts count that are held now");

        let many: Vec<PersonInput> = (0..60).map(|n| person(&format!("Q{n:03}"), &format!("众{n:03}"), COMPANY)).collect();
        made(&house.put_people(&many).await);
        let first = list("q=Q").await;
        assert!(first.contains("众049") && !first.contains("众050"));
        let next = first.split("href=\"").find(|part| part.contains("rel=\"next\"")).unwrap().split('"').next().unwrap();
        let (_, second) = door.get(&next.replace("&#38;", "&"), "administrator@0").await;
        assert!(second.contains("众050") && second.contains("众059") && !second.contains("众049"), "{next}");
    }

    async fn the_nearest_answers(db: Db) {
        let house = House::open(db).await;
        house.furnish().await;
        assert_eq!(
            house.names("E1/3栋/2单元").await,
            ["community_secretary:吴秀珍", "grid_worker:李敏", "life_steward:陈桂兰", "property_manager:张伟", "red_steward:吴秀珍", "red_steward:周建国"],
            "the steward of the entrance hides the one of the estate; a red steward team is several"
        );
        assert!(house.names("E1/3栋/1单元").await.contains(&"life_steward:孙丽".to_owned()));
        assert_eq!(house.names("E2").await, ["community_secretary:吴秀珍"], "the grid does not cover it");
        let entrance = house.path("E1/3栋/2单元").await;
        let grid = house.answering(&entrance).await.into_iter().find(|a| a.role == Role::GridWorker).unwrap();
        assert_eq!((grid.via, grid.phone.as_deref(), grid.organisation.as_str()), (Via::Grid, Some("025-0000-0104"), COMMITTEE));
        assert!(house.answering(&PlacePath::root()).await.is_empty());
    }

    /// Who sits in a role around a place: at it, above it, under it, by grid; whatever else they are, and only while they are.
    async fn who_sits_in_a_role_around_a_place(db: Db) {
        let house = House::open(db).await;
        house.furnish().await;
        let seated = async |key: &str, roles: &[Role]| {
            let (place, now) = (house.path(key).await, house.ctx().now());
            let mut read = house.db.read().await.unwrap();
            let c = &mut read.conn();
            let mut names = Vec::new();
            for id in queries::persons_in_roles(c, house.district, &place, (roles, 100), now).await.unwrap() {
                names.push(queries::person(c, house.district, id).await.unwrap().unwrap().name);
            }
            names.sort();
            names
        };
        let stewards = [Role::LifeSteward, Role::RedSteward];
        assert_eq!(seated("E1/3栋/1单元", &stewards).await, ["吴秀珍", "周建国", "孙丽"], "above the door, not beside it");
        assert_eq!(seated("E1/3栋/2单元", &[Role::LifeSteward]).await, ["孙丽", "陈桂兰"], "the nearest hides nobody");
        assert_eq!(seated("E1", &[Role::LifeSteward]).await, ["孙丽", "陈桂兰"], "under the estate as well");
        assert_eq!(seated("E1/3栋/2单元", &[Role::GridWorker]).await, ["李敏"], "by grid");
        assert_eq!(seated("E2", &stewards).await, Vec::<String>::new());
        assert_eq!(seated("E1", &[]).await, Vec::<String>::new());
        house.end("P1", at(24, 9)).await.unwrap();
        house.clock.set(at(24, 10));
        assert_eq!(seated("E1/3栋/2单元", &[Role::LifeSteward]).await, ["孙丽"]);
    }

    async fn whom_to_call_goes_from_the_door_upwards(db: Db) {
        let house = House::open(db).await;
        house.furnish().await;
        let place = house.path("E1/3栋/2单元").await;
        let now = house.ctx().now();
        let mut read = house.db.read().await.unwrap();
        let rungs = queries::ladder(&mut read.conn(), house.district, &place, now).await.unwrap();
        let roles: Vec<Role> = rungs.iter().map(|a| a.role).collect();
        assert_eq!(roles, [Role::LifeSteward, Role::RedSteward, Role::RedSteward, Role::GridWorker, Role::PropertyManager, Role::CommunitySecretary]);
        let holder = queries::holder(&mut read.conn(), house.district, &place, Role::LifeSteward, now).await.unwrap().unwrap();
        assert_eq!(holder.person_name, "陈桂兰");
        assert_eq!(queries::holder(&mut read.conn(), house.district, &place, Role::Guard, now).await.unwrap(), None);
    }

    async fn a_grid_does_not_hide_who_stands_nearer(db: Db) {
        let house = House::open(db).await;
        made(&house.put_people(&[person("P1", "陈桂兰", COMPANY), person("P2", "周建国", COMPANY), person("P3", "吴秀珍", COMPANY)]).await);
        let grid = AppointmentInput { grid_code: Some("G1".into()), ..post("P2", "life_steward", "", COMPANY) };
        made(&house.put_appointments(&[post("P1", "life_steward", "E1/3栋/2单元", COMPANY), grid, post("P3", "life_steward", COMMUNITY, COMPANY)]).await);
        assert_eq!(house.names("E1/3栋/2单元").await, ["life_steward:陈桂兰"], "the entrance is nearer than the estate the grid covers");
        assert_eq!(house.names("E1/3栋/1单元").await, ["life_steward:周建国"], "the grid's estate is nearer than the community");
        assert_eq!(house.names("E2").await, ["life_steward:吴秀珍"]);
    }

    async fn an_ended_appointment_answers_no_more(db: Db) {
        let house = House::open(db).await;
        house.furnish().await;
        let id = house.held("P1").await[0].id;
        house.end("P1", at(24, 10)).await.unwrap();
        assert!(house.names("E1/3栋/2单元").await.contains(&"life_steward:陈桂兰".to_owned()), "not yet ended");
        house.clock.set(at(24, 10));
        assert!(house.names("E1/3栋/2单元").await.contains(&"life_steward:孙丽".to_owned()), "the end is exclusive");
        assert!(house.held("P1").await.is_empty());
        let mut read = house.db.read().await.unwrap();
        let kept = queries::appointment(&mut read.conn(), house.district, id).await.unwrap().unwrap();
        assert_eq!(kept.valid_to, Some(at(24, 10)), "what was done under it stays");
        let other = house.held("P2").await[0].id;
        for (whose, then, expected) in [
            (house.district, at(24, 9), vec![id, other]),
            (house.district, at(24, 10), vec![other]),
            (linli_kernel::DistrictId::CITY, at(24, 9), Vec::new()),
        ] {
            let mut found = queries::in_force(&mut read.conn(), whose, &[id, other], then).await.unwrap();
            found.sort_by_key(|found| *found != id);
            assert_eq!(found, expected);
        }
    }

    async fn an_end_cannot_be_put_off_afterwards(db: Db) {
        let house = House::open(db).await;
        house.furnish().await;
        let id = house.held("P1").await[0].id;
        house.end("P1", at(24, 10)).await.unwrap();
        for again in [at(24, 10), at(25, 0)] {
            let mut tx = house.db.begin(house.district).await.unwrap();
            let refused = commands::end_appointment(&house.ctx(), &mut tx, id, again).await;
            assert!(matches!(&refused, Err(PeopleError::Invalid(p)) if p.what == "already_ended"), "{refused:?}");
        }
        house.end("P1", at(24, 9)).await.unwrap();
        let mut tx = house.db.begin(house.district).await.unwrap();
        let refused = commands::end_appointment(&house.ctx(), &mut tx, id, at(1, 0)).await;
        assert!(matches!(&refused, Err(PeopleError::Invalid(p)) if p.what == "ends_before_it_begins"), "{refused:?}");
    }

    async fn the_same_files_again_change_nothing(db: Db) {
        let house = House::open(db).await;
        let people = [PersonInput { organisation_credit_code: Some(CODE_A.to_lowercase()), work_phone: Some("025-0000-0001".into()), ..person(" P1 ", " 陈桂兰 ", COMPANY) }];
        made(&house.put_people(&people).await);
        let posts = [
            post("P1", "life_steward", "E1", COMPANY),
            AppointmentInput { grid_code: Some("G1".into()), title: " 网格长 ".into(), valid_to: Some(at(30, 0)), ..post(" P1 ", "grid_worker", "", COMPANY) },
        ];
        made(&house.put_appointments(&posts).await);
        let line = house.last_line().await;
        assert_eq!(house.put_people(&people).await[0].outcome, Outcome::Unchanged);
        for answer in house.put_appointments(&posts).await {
            assert_eq!(answer.outcome, Outcome::Unchanged);
        }
        assert_eq!(house.last_line().await, line, "nothing happened, no line");
        let other = [AppointmentInput { public_phone: None, ..posts[0].clone() }, AppointmentInput { valid_to: None, ..posts[1].clone() }];
        let answers = house.put_appointments(&other).await;
        assert_eq!(answers[0].outcome, Outcome::Changed(vec!["public_phone"]));
        assert_eq!(answers[1].outcome, Outcome::Changed(vec!["to"]));
    }

    async fn what_is_not_said_stays_known(db: Db) {
        let house = House::open(db).await;
        made(&house.put_people(&[PersonInput { work_phone: Some("025-0000-0001".into()), ..person("P1", "陈桂兰", COMPANY) }]).await);
        let bare = PersonInput { organisation_kind: None, organisation_name: None, work_phone: None, ..person("P1", "陈桂兰", COMPANY) };
        let blank = PersonInput { organisation_kind: Some(String::new()), organisation_name: Some(" ".into()), organisation_credit_code: Some(String::new()), work_phone: Some(String::new()), ..bare.clone() };
        for row in [bare.clone(), blank] {
            assert_eq!(house.put_people(&[row]).await[0].outcome, Outcome::Unchanged);
        }
        let renamed = PersonInput { name: "陈桂芳".into(), ..bare };
        assert_eq!(house.put_people(&[renamed]).await[0].outcome, Outcome::Changed(vec!["name"]));
        let mut read = house.db.read().await.unwrap();
        let known = queries::person_by_code(&mut read.conn(), house.district, "P1").await.unwrap().unwrap();
        assert_eq!((known.name.as_str(), known.work_phone.as_deref()), ("陈桂芳", Some("025-0000-0001")));
    }

    async fn a_code_learnt_later_is_kept(db: Db) {
        let house = House::open(db).await;
        made(&house.put_people(&[person("P1", "陈桂兰", COMPANY)]).await);
        let row = PersonInput { organisation_credit_code: Some(CODE_A.into()), ..person("P1", "陈桂兰", COMPANY) };
        assert_eq!(house.put_people(std::slice::from_ref(&row)).await[0].outcome, Outcome::Changed(vec!["organisation_credit_code"]));
        assert_eq!(house.put_people(&[row]).await[0].outcome, Outcome::Unchanged);
        let mut read = house.db.read().await.unwrap();
        let known = queries::organisations(&mut read.conn(), house.district, "", 10).await.unwrap();
        assert_eq!(known[0].credit_code.as_deref(), Some(CODE_A));
    }

    async fn a_code_held_by_another_of_the_kind_rejects_the_row_only(db: Db) {
        let house = House::open(db).await;
        let with_code = |code: &str, organisation: &str, kind: &str| PersonInput {
            organisation_kind: Some(kind.into()), organisation_credit_code: Some(CODE_A.into()), ..person(code, "陈桂兰", organisation)
        };
        made(&house.put_people(&[with_code("P1", COMPANY, "property_company")]).await);
        let rows = [
            with_code("P2", "别家物业", "property_company"),
            with_code("P3", "玄武惠民物业锁金项目部", "project_team"),
            with_code("P4", "玄武惠民物业梅园项目部", "project_team"),
            person("P5", "周建国", COMPANY),
            PersonInput { organisation_credit_code: Some(CODE_B.into()), ..person("P6", "吴秀珍", COMPANY) },
        ];
        let answers = house.put_people(&rows).await;
        assert_eq!(rejected(&answers[0]), ("organisation_credit_code", "taken"), "stored before under another name");
        assert_eq!(answers[1].outcome, Outcome::Created, "a project team acts under its company's code");
        assert_eq!(rejected(&answers[2]), ("organisation_credit_code", "taken"), "two of one kind in one batch");
        assert_eq!(answers[3].outcome, Outcome::Created);
        assert_eq!(rejected(&answers[4]), ("organisation_credit_code", "differs"));
    }

    async fn one_key_twice_in_a_file_is_a_duplicate(db: Db) {
        let house = House::open(db).await;
        made(&house.put_people(&[person("P1", "陈桂兰", COMPANY)]).await);
        let first = post("P1", "life_steward", "E1", COMPANY);
        let answers = house.put_appointments(&[
            first.clone(),
            first.clone(),
            AppointmentInput { valid_to: Some(at(30, 0)), ..first.clone() },
            AppointmentInput { public_phone: None, ..first.clone() },
        ]).await;
        assert_eq!(answers[0].outcome, Outcome::Created);
        assert_eq!(answers[1].outcome, Outcome::Unchanged);
        assert_eq!(rejected(&answers[2]), ("person_code", "duplicate"));
        assert_eq!(rejected(&answers[3]), ("person_code", "duplicate"));
        assert_eq!(house.held("P1").await.len(), 1);
        let twice = [person("P9", "周建国", COMPANY), PersonInput { name: "周建设".into(), ..person("P9", "", COMPANY) }];
        let answers = house.put_people(&twice).await;
        assert_eq!((&answers[0].outcome, rejected(&answers[1])), (&Outcome::Created, ("person_code", "duplicate")));
        let less = PersonInput { organisation_name: None, organisation_kind: None, ..person("P8", "钱红", COMPANY) };
        let answers = house.put_people(&[person("P8", "钱红", COMPANY), less, person("P8", "钱红", "另一家")]).await;
        assert_eq!((&answers[1].outcome, rejected(&answers[2])), (&Outcome::Unchanged, ("person_code", "duplicate")));
        let mut read = house.db.read().await.unwrap();
        let known = queries::organisations(&mut read.conn(), house.district, "", 10).await.unwrap();
        assert!(known.iter().all(|o| o.name != "另一家"), "nothing of a rejected row is kept");
    }

    async fn for_another_organisation_it_is_another_appointment(db: Db) {
        let house = House::open(db).await;
        made(&house.put_people(&[person("P1", "陈桂兰", COMPANY), person("P2", "周建国", COMMITTEE)]).await);
        made(&house.put_appointments(&[post("P1", "red_steward", "E1", COMPANY)]).await);
        made(&house.put_appointments(&[post("P1", "red_steward", "E1", COMMITTEE)]).await);
        let mut behalf: Vec<_> = house.held("P1").await.into_iter().filter_map(|a| a.organisation).collect();
        behalf.sort();
        let mut both = [COMPANY, COMMITTEE];
        both.sort_unstable();
        assert_eq!(behalf, both);
    }

    async fn cross_appointments_are_seen_from_both_sides(db: Db) {
        let house = House::open(db).await;
        house.furnish().await;
        let rows = [
            AppointmentInput { title: "党建指导员".into(), ..post("P3", "member", "E1", COMPANY) },
            AppointmentInput { title: "兼职委员".into(), ..post("P5", "member", COMMUNITY, COMMITTEE) },
            AppointmentInput { title: "前兼职委员".into(), valid_to: Some(at(20, 0)), ..post("P6", "member", COMMUNITY, COMMITTEE) },
        ];
        made(&house.put_appointments(&rows).await);
        let now = house.ctx().now();
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let known = queries::organisations(c, house.district, "", 10).await.unwrap();
        for organisation in &known {
            let seen = queries::cross_appointments(c, house.district, organisation.id, now).await.unwrap();
            let mut seen: Vec<(&str, &str, &str)> = seen.iter().map(|x| (x.title.as_str(), x.home_organisation.as_str(), x.post_organisation.as_str())).collect();
            seen.sort_unstable();
            assert_eq!(seen, [("党建指导员", COMMITTEE, COMPANY), ("兼职委员", COMPANY, COMMITTEE)], "from {}", organisation.name);
        }
        assert_eq!(known.len(), 2);
        assert!(!house.names("E1").await.iter().any(|n| n.starts_with("member")), "a post without power answers for nothing");
    }

    async fn bad_rows_are_named_and_nothing_of_them_is_kept(db: Db) {
        let house = House::open(db).await;
        house.furnish().await;
        let good = post("P1", "guard", "E1", COMPANY);
        let rows = [
            AppointmentInput { valid_to: Some(at(1, 0)), ..good.clone() },
            AppointmentInput { role: "mayor".into(), ..good.clone() },
            AppointmentInput { place: "E9".into(), ..good.clone() },
            AppointmentInput { place: String::new(), ..good.clone() },
            AppointmentInput { grid_code: Some("G9".into()), ..good.clone() },
            AppointmentInput { person_code: "P404".into(), ..good.clone() },
            AppointmentInput { organisation_name: Some("无此单位".into()), ..good.clone() },
            AppointmentInput { public_phone: Some("call me".into()), ..good.clone() },
            AppointmentInput { title: "长".repeat(61), ..good },
        ];
        let before = house.held("P1").await.len();
        let found: Vec<_> = house.put_appointments(&rows).await.iter().map(rejected).collect();
        assert_eq!(found, [
            ("to", "ends_before_it_begins"), ("role", "unknown"), ("place", "unknown"), ("place", "missing"), ("grid_code", "unknown"),
            ("person_code", "unknown"), ("organisation_name", "unknown"), ("public_phone", "phone"), ("title", "too_long"),
        ]);
        assert_eq!(house.held("P1").await.len(), before);

        let good = person("P7", "钱红", COMPANY);
        let rows = [
            PersonInput { code: " ".into(), ..good.clone() },
            PersonInput { name: String::new(), ..good.clone() },
            PersonInput { name: "钱\u{7}红".into(), ..good.clone() },
            PersonInput { work_phone: Some("12".into()), ..good.clone() },
            PersonInput { organisation_kind: Some("club".into()), ..good.clone() },
            PersonInput { organisation_credit_code: Some("91350100M000100Y44".into()), ..good.clone() },
            PersonInput { organisation_name: Some("司".repeat(121)), ..good },
        ];
        let found: Vec<_> = house.put_people(&rows).await.iter().map(rejected).collect();
        assert_eq!(found, [
            ("person_code", "missing"), ("name", "missing"), ("name", "control_characters"), ("work_phone", "phone"),
            ("organisation_kind", "unknown"), ("organisation_credit_code", "credit_code"), ("organisation_name", "too_long"),
        ]);
        let mut read = house.db.read().await.unwrap();
        assert_eq!(queries::person_by_code(&mut read.conn(), house.district, "P7").await.unwrap(), None);
    }

    async fn the_tables_refuse_an_end_before_the_beginning(db: Db) {
        let house = House::open(db).await;
        house.furnish().await;
        let mut tx = house.db.begin(house.district).await.unwrap();
        let c = &mut tx.conn().unwrap();
        let wrong = async { linli_db::exec!(c, sqlx::query("UPDATE appointment SET valid_to = valid_from WHERE district_id = $1").bind(house.district)) }.await;
        assert!(wrong.is_err(), "{wrong:?}");
    }

    async fn appointments_follow_a_move(db: Db) {
        let house = House::open(db).await;
        house.furnish().await;
        let (old, parent) = (house.path("E1").await, house.path(OTHER_COMMUNITY).await);
        let ctx = house.ctx();
        let mut tx = house.db.begin(house.district).await.unwrap();
        let estate = linli_territory::queries::resolve(&mut tx.conn().unwrap(), house.district, "E1").await.unwrap().unwrap();
        let moved = linli_territory::commands::move_place(&ctx, &mut tx, estate.id, &parent).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let mut batches = Vec::new();
        while batches.last() != Some(&0) {
            let mut tx = house.db.begin(house.district).await.unwrap();
            batches.push(commands::follow_move(&ctx, &mut tx, &moved, 2).await.unwrap());
            tx.commit().await.unwrap();
        }
        assert!(batches.len() > 2, "in batches: {batches:?}");
        assert_eq!(batches.iter().sum::<u64>(), 5);
        assert_eq!(moved.from, old);
        assert_eq!(house.held("P1").await[0].place, house.path("E1/3栋/2单元").await);
        assert!(house.names("E1/3栋/2单元").await.contains(&"life_steward:陈桂兰".to_owned()));
        assert!(house.answering(&old).await.iter().all(|a| a.role == Role::CommunitySecretary), "nobody stayed behind");
    }

    async fn administrators_look_people_up(db: Db) {
        let house = House::open(db).await;
        house.furnish().await;
        made(&house.put_appointments(&[AppointmentInput { title: "党建指导员".into(), ..post("P3", "member", "E1", COMPANY) }]).await);
        house.end("P1", at(24, 10)).await.unwrap();
        house.clock.set(at(24, 11));
        let door = Door::of(&house);
        let admin = "administrator@0";
        assert_eq!(door.get("/admin/people", "nobody").await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(door.get("/admin/people", &format!("life_steward@{}", house.district.0)).await.0, StatusCode::FORBIDDEN);
        assert_eq!(door.get("/admin/people", &format!("member@{}", house.district.0)).await.0, StatusCode::FORBIDDEN);

        let (status, all) = door.get("/admin/people", admin).await;
        assert_eq!(status, StatusCode::OK);
        for expected in ["陈桂兰", "P5", COMPANY, COMMITTEE, "玄武区", "全市", "物业公司"] {
            assert!(all.contains(expected), "{expected}");
        }
        let (_, found) = door.get("/admin/people?q=P2", admin).await;
        assert!(found.contains("周建国") && !found.contains("陈桂兰"));
        let (_, found) = door.get("/admin/people?q=%E6%A1%82", admin).await;
        assert!(found.contains("陈桂兰") && !found.contains("周建国"), "by a part of the name");
        for wildcard in ["%25", "_"] {
            assert!(door.get(&format!("/admin/people?q={wildcard}"), admin).await.1.contains("没有找到人员"), "{wildcard} is a letter here");
        }
        assert!(!door.get("/admin/people?district=0", admin).await.1.contains("陈桂兰"), "the city has people of its own");
        assert_eq!(door.get("/admin/people?district=77", admin).await.0, StatusCode::NOT_FOUND);

        let mut read = house.db.read().await.unwrap();
        let steward = queries::person_by_code(&mut read.conn(), house.district, "P1").await.unwrap().unwrap();
        let organisations = queries::organisations(&mut read.conn(), house.district, "", 10).await.unwrap();
        drop(read);
        let here = format!("/admin/people/{}", house.district.0);
        let (status, page) = door.get(&format!("{here}/person/{}", steward.id), admin).await;
        assert_eq!(status, StatusCode::OK);
        for expected in ["陈桂兰", "生活管家", "已离任", "E1小区 3栋 2单元", COMPANY] {
            assert!(page.contains(expected), "{expected}");
        }
        assert_eq!(door.get(&format!("{here}/person/{}", steward.id), &format!("administrator@{}", house.district.0 + 1)).await.0, StatusCode::FORBIDDEN);
        assert_eq!(door.get(&format!("/admin/people/0/person/{}", steward.id), admin).await.0, StatusCode::NOT_FOUND);
        for (name, side, other) in [(COMPANY, "外单位人员在本单位任职", COMMITTEE), (COMMITTEE, "本单位人员在外单位任职", COMPANY)] {
            let organisation = organisations.iter().find(|o| o.name == name).unwrap();
            let (status, page) = door.get(&format!("{here}/organisation/{}", organisation.id), admin).await;
            assert_eq!(status, StatusCode::OK);
            for expected in [side, "吴秀珍 · 党建指导员", other, "网格员"] {
                assert_eq!(page.contains(expected), expected != "网格员" || name == COMMITTEE, "{name}: {expected}");
            }
        }
    }

    async fn a_long_list_is_turned_page_by_page(db: Db) {
        let house = House::open(db).await;
        let rows: Vec<PersonInput> = (0..60).map(|n| person(&format!("S{n:03}"), "钱红", COMPANY)).collect();
        made(&house.put_people(&rows).await);
        let door = Door::of(&house);
        let (_, first) = door.get("/admin/people?q=S", "administrator@0").await;
        assert!(first.contains("S049") && !first.contains("S050"));
        let next = first.split("href=\"").filter_map(|part| part.split('"').next()).find(|href| href.contains("after=")).unwrap();
        let (_, second) = door.get(&next.replace("&amp;", "&").replace("&#38;", "&"), "administrator@0").await;
        assert!(second.contains("S050") && second.contains("S059") && !second.contains("S048"), "{next}");
    }

    async fn the_city_has_an_administrator(db: Db) {
        let house = House::open(db).await;
        let city = linli_kernel::DistrictId::CITY;
        let mut tx = house.db.begin(city).await.unwrap();
        let (person, appointment) = commands::appoint_administrator(&house.ctx(), &mut tx, "admin-1", "王芳").await.unwrap();
        tx.commit().await.unwrap();
        let mut read = house.db.read().await.unwrap();
        let held = queries::appointments_of(&mut read.conn(), city, person, house.ctx().now()).await.unwrap();
        assert_eq!((held.len(), held[0].id, held[0].role, held[0].place.clone()), (1, appointment, Role::Administrator, PlacePath::root()));
    }
}

#[test]
fn every_text_exists_in_both_languages() {
    let texts =
        Texts::new(&[linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_territory::TEXTS, linli_people::TEXTS]).unwrap();
    let sources = [
        include_str!("../templates/people-list.html"),
        include_str!("../templates/people-lines.html"),
        include_str!("../templates/people-person.html"),
        include_str!("../templates/people-organisation.html"),
        include_str!("../templates/people-appoint.html"),
        include_str!("../src/pages/mod.rs"),
        include_str!("../src/pages/appointing.rs"),
    ];
    assert_eq!(texts.check_templates(&sources), Vec::<String>::new());
    let kinds = ORGANISATION_KINDS.iter().map(|kind| format!("people-kind-{kind}"));
    let roles = Role::ALL.iter().map(|role| format!("role-{role}"));
    let words = [
        "already_ended",
        "control_characters",
        "credit_code",
        "differs",
        "duplicate",
        "ends_before_it_begins",
        "missing",
        "phone",
        "taken",
        "too_long",
        "unknown",
    ];
    for key in kinds.chain(roles).chain(words.iter().map(|word| format!("territory-problem-{word}"))) {
        assert!(texts.has(&key), "{key}");
    }
}
