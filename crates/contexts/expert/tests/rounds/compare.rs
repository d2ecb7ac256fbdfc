//! Houses of one level beside each other: what is counted, and who is shown it.

use linli_access::Denied;
use linli_db::Db;
use linli_expert::ExpertError;
use linli_expert::model::FindingEvent;
use linli_expert::queries::Compared;
use linli_treatment::model::Level;

use crate::house::{EXPERT, HOMELESS, House, LEAD, LEAD_BEDS, NEAR_OFFICER, NEXT, OFFICER, SECRETARY};

linli_db::both_databases! {
    async fn each_share_with_what_it_is_a_part_of(db: Db) {
        let house = House::new(db).await;
        let group = house.group().await;
        let first = house.plan(OFFICER, group, LEAD).await.unwrap();
        let in_time = house.find(EXPERT, first, "records").await.unwrap();
        let late = house.find(EXPERT, first, "prone_position").await.unwrap();
        let mistake = house.find(EXPERT, first, "staffing").await.unwrap();
        house.look_again(EXPERT, mistake, FindingEvent::Withdraw).await.unwrap();
        house.answer(LEAD_BEDS, in_time).await.unwrap();
        house.look_again(EXPERT, in_time, FindingEvent::Pass).await.unwrap();
        house.hours(30);
        house.answer(LEAD_BEDS, late).await.unwrap();
        let second = house.plan(OFFICER, group, LEAD).await.unwrap();
        house.find(EXPERT, second, "records").await.unwrap();
        let elsewhere = house.plan(OFFICER, group, NEXT).await.unwrap();
        house.find(EXPERT, elsewhere, "records").await.unwrap();
        let levels = house.compare(OFFICER).await.unwrap();
        assert_eq!(levels.len(), 1);
        assert_eq!(levels[0].level, Level::Tertiary);
        let lead = Compared { name: "秦淮中心医院".to_owned(), rounds: 2, findings: 3, due: 2, in_time: 1, repeated: 1, put_right: 1 };
        let next = Compared { name: "秦淮第二医院".to_owned(), rounds: 1, findings: 1, due: 0, in_time: 0, repeated: 0, put_right: 0 };
        assert_eq!(levels[0].together, Some(Compared { name: String::new(), rounds: 3, findings: 4, due: 2, in_time: 1, repeated: 1, put_right: 1 }));
        assert_eq!(levels[0].houses, [lead.clone(), next]);
        // A house is shown its own figures; of two houses, both together would say what the other's are.
        let own = house.compare(LEAD_BEDS).await.unwrap();
        assert_eq!((own.len(), &own[0].together, own[0].houses.as_slice()), (1, &None, &[lead][..]));
        for who in [NEAR_OFFICER, HOMELESS] {
            assert!(house.compare(who).await.unwrap().is_empty(), "{who:?} knows no house of the district");
        }
        assert!(matches!(house.compare(SECRETARY).await, Err(ExpertError::Denied(Denied::Forbidden))));
        // What lies longer ago than the rules look back is in it no more.
        house.clock.advance_secs(91 * 86_400);
        assert!(house.compare(OFFICER).await.unwrap().is_empty());
        house.whole().await;
    }
}
