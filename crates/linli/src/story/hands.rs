//! When somebody leaves his post, what he had goes on with somebody who is there; and a district in disorder keeps no other from its turn.

use linli_access::Actor;
use linli_cases::CaseId;
use linli_cases::commands::{NewReport, report};
use linli_db::exec;
use linli_identity::vault::Vault;
use linli_people::model::{AppointmentId, PersonId};

use super::*;

async fn lamp(ground: &Ground) -> (CaseId, AppointmentId) {
    let (office, _) = house::office(&Vault::new(&KEY, ground.rng.clone())).unwrap();
    let place = ground.place("E1/3栋/1单元").await.path;
    let visitor = Ctx { actor: Actor::Visitor, ..ground.ctx() };
    let input = NewReport {
        place,
        class: Some("stair_lamp".into()),
        description: "楼道灯不亮".into(),
        photos: Vec::new(),
        phone: None,
        point_e7: None,
    };
    let mut tx = ground.db.begin(ground.district).await.unwrap();
    let reported = report(&visitor, &mut tx, &office, input).await.unwrap();
    tx.commit().await.unwrap();
    (reported.id, AppointmentId(reported.owner.unwrap().appointment))
}

/// The person who has the case as the journal says last, and who is whose.
async fn has_it(ground: &Ground, id: CaseId) -> String {
    let owner = {
        let mut read = ground.db.read().await.unwrap();
        let lines = journal::of_subject(&mut read.conn(), ground.district, id.0, 100).await.unwrap();
        let line = lines.into_iter().rfind(|line| line.facts().get("owner").is_some()).unwrap();
        line.facts()["owner"].as_str().unwrap().parse().map(AppointmentId).unwrap()
    };
    let mut read = ground.db.read().await.unwrap();
    let c = &mut read.conn();
    let held = linli_people::queries::appointment(c, ground.district, owner).await.unwrap().unwrap();
    let person: PersonId = held.person;
    linli_people::queries::person(c, ground.district, person).await.unwrap().unwrap().code
}

async fn end(ground: &Ground, appointment: AppointmentId, at: Ts) {
    let mut tx = ground.db.begin(ground.district).await.unwrap();
    linli_people::commands::end_appointment(&ground.ctx(), &mut tx, appointment, at).await.unwrap();
    tx.commit().await.unwrap();
}

async fn sweep(ground: &Ground) -> anyhow::Result<()> {
    let (office, _) = house::office(&Vault::new(&KEY, ground.rng.clone())).unwrap();
    for_districts(&ground.ctx(), &ground.db, Chore::Overdue(office)).await
}

on_both! {
    /// An end by date writes no line when it comes, and is heard all the same.
    async fn what_a_steward_had_is_the_managers_from_the_day_on_which_he_left(test) {
        let ground = Ground::lay(&test, at(2026, 11, 24, 9)).await;
        let (id, steward) = lamp(&ground).await;
        assert_eq!(has_it(&ground, id).await, "S1");
        end(&ground, steward, at(2026, 11, 25, 0)).await;
        sweep(&ground).await.unwrap();
        assert_eq!(has_it(&ground, id).await, "S1", "until then he is there");
        ground.clock.set(at(2026, 11, 25, 1));
        sweep(&ground).await.unwrap();
        assert_eq!(has_it(&ground, id).await, "M1");
        let mut read = ground.db.read().await.unwrap();
        let found = linli_cases::queries::check(&mut read.conn(), ground.district).await.unwrap();
        assert_eq!(found, Vec::new());
    }

    /// The first district cannot be read; the second has its turn, and the disorder is reported.
    async fn a_district_in_disorder_keeps_no_other_from_its_turn(test) {
        let ground = Ground::lay(&test, at(2026, 11, 24, 9)).await;
        let (id, _) = lamp(&ground).await;
        let mut tx = ground.db.begin(DistrictId::CITY).await.unwrap();
        let mut register = territory::division_register(&ground.ctx(), &mut tx, &reference::XUANWU_SOURCE, false).await.unwrap();
        let more = [territory::DivisionInput { code: "320104".into(), name: Some("秦淮区".into()) }];
        territory::put_divisions(&ground.ctx(), &mut tx, &mut register, &more).await.unwrap();
        let other = territory::open_district(&ground.ctx(), &mut tx, "320104").await.unwrap();
        tx.commit().await.unwrap();
        let districts = linli_territory::queries::districts(&mut ground.db.read().await.unwrap().conn()).await.unwrap();
        let order: Vec<_> = districts.iter().map(|district| district.id).filter(|id| *id != DistrictId::CITY).collect();
        assert_eq!(order, [ground.district, other]);
        let mut tx = ground.db.begin(other).await.unwrap();
        let copied = "INSERT INTO case_file (district_id, id, number, place_path, class, title, description, state, state_since, clock, \
             reported_at, clock_from, due_at, due_provisional, channel, public, common_part, emergency, reopened_count, version) \
             SELECT $1, id, number, place_path, class, title, description, state, state_since, clock, reported_at, clock_from, 1, \
             due_provisional, channel, public, common_part, emergency, reopened_count, version FROM case_file WHERE id = $2";
        exec!(&mut tx.conn().unwrap(), sqlx::query(copied).bind(other).bind(id)).unwrap();
        tx.commit().await.unwrap();
        let mut tx = ground.db.begin(ground.district).await.unwrap();
        let broken = "UPDATE case_file SET state = 'nowhere', due_at = 1 WHERE district_id = $1";
        exec!(&mut tx.conn().unwrap(), sqlx::query(broken).bind(ground.district)).unwrap();
        tx.commit().await.unwrap();
        let failed = sweep(&ground).await.unwrap_err();
        assert!(format!("{failed:#}").contains("failed in 1 districts"), "{failed:#}");
        assert_eq!(ground.facts_of(other, "cases.overdue").await.len(), 1);
    }
}
