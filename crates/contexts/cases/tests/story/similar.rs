//! What is open nearby, offered to be joined before a report is sent.

use http::StatusCode;
use linli_access::Actor;
use linli_cases::commands::NewReport;
use linli_cases::queries;
use linli_db::Db;

use crate::house::{DISTRICT, ENTRANCE, ESTATE, House, OTHER_ENTRANCE, lamp, path};
use crate::web::Web;

const BUILDING: &str = "000000010001000100010001";
const NEXT_DOOR: &str = "0000000100010001000100010002";
const NEXT_BUILDING: &str = "0000000100010001000100020001";

impl House {
    async fn reported(&self, at: &str, class: &str, description: &str) -> String {
        let input = NewReport { place: path(at), class: Some(class.to_owned()), description: description.to_owned(), ..lamp() };
        self.clock.advance_secs(1);
        self.report(&self.ctx(Actor::Visitor), input).await.unwrap().number
    }

    async fn similar(&self, at: &str, class: &str, words: &str) -> Vec<String> {
        let rules = self.office.rules(&path(at), self.clock_now()).unwrap();
        let mut read = self.db.read().await.unwrap();
        let found =
            queries::similar_open(&mut read.conn(), rules.classes(), (DISTRICT, &path(at)), (class, words)).await.unwrap();
        found.into_iter().map(|similar| similar.row.number).collect()
    }
}

linli_db::both_databases! {
    /// Nearest first, then the same class, then words in common, then the newest; each by a case that would come elsewhere without it.
    async fn the_likeliest_comes_first(db: Db) {
        let house = House::new(db).await;
        let leak_here = house.reported(ENTRANCE, "roof_leak", "顶楼漏雨").await;
        let old_lamp = house.reported(ENTRANCE, "stair_lamp", "楼道灯不亮，声控灯坏").await;
        let new_lamp = house.reported(ENTRANCE, "stair_lamp", "一楼黑").await;
        let whole_building = house.reported(BUILDING, "stair_lamp", "整栋楼道灯不亮").await;
        let next_door = house.reported(NEXT_DOOR, "roof_leak", "顶楼漏雨").await;
        let next_building = house.reported(NEXT_BUILDING, "stair_lamp", "楼道灯不亮，声控灯坏").await;
        let whole_estate = house.reported(ESTATE, "green", "草坪").await;
        house.reported(OTHER_ENTRANCE, "stair_lamp", "别的小区的楼道灯不亮").await;
        house.reported(ENTRANCE, "conduct", "楼道灯不亮，管家态度恶劣").await;

        let by_class = house.similar(ENTRANCE, "stair_lamp", "声控灯坏了").await;
        assert_eq!(by_class, [&old_lamp, &new_lamp, &leak_here, &whole_building, &next_door, &next_building, &whole_estate].map(String::clone));
        // The words alone suggest the class.
        assert_eq!(house.similar(ENTRANCE, "", "漏雨").await.first(), Some(&leak_here));
        // Nothing was said yet: the newest of what is nearest.
        let unsaid = house.similar(ENTRANCE, "", "").await;
        assert_eq!(unsaid.get(..3).unwrap(), [&new_lamp, &old_lamp, &leak_here].map(String::clone));
        // Somebody of the whole estate is as near to one door as to the other.
        let of_estate = house.similar(ESTATE, "green", "").await;
        assert_eq!((of_estate.first(), of_estate.len()), (Some(&whole_estate), 7));
        // What a reporter wrote beyond the words of the classes is not felt out by the order.
        assert_eq!(house.similar(ENTRANCE, "stair_lamp", "一楼黑").await.first(), Some(&new_lamp));
        let probed = house.reported(ENTRANCE, "stair_lamp", "我姓欧阳，灯不亮").await;
        house.reported(ENTRANCE, "stair_lamp", "灯不亮").await;
        assert_ne!(house.similar(ENTRANCE, "stair_lamp", "欧阳").await.first(), Some(&probed));
    }

    /// Many in the estate do not push out the one at the door.
    async fn many_further_away_hide_nothing_near(db: Db) {
        let house = House::new(db).await;
        let here = house.reported(ENTRANCE, "roof_leak", "顶楼漏雨").await;
        for n in 0..70 {
            house.reported(NEXT_BUILDING, "stair_lamp", &format!("{n} 层楼道灯不亮")).await;
        }
        let found = house.similar(ENTRANCE, "stair_lamp", "楼道灯不亮").await;
        assert_eq!((found.first(), found.len()), (Some(&here), 10));
    }

    /// The page says where each is, and what is next door can be joined.
    async fn the_page_offers_what_is_next_door(db: Db) {
        let web = Web::open(db).await;
        let here = web.house.reported(ENTRANCE, "stair_lamp", "楼道灯不亮").await;
        let beside = web.house.reported(NEXT_DOOR, "roof_leak", "顶楼漏雨").await;
        let page = web.get("/report?at=ABCD&class=roof_leak", None).await.text;
        let at = |number: &str| page.find(&format!("name=\"join\" value=\"{number}\"")).unwrap();
        assert!(at(&here) < at(&beside) && page.contains("就在这里"), "{page}");
        let joined = web.post_files("/report", None, &[("at", "ABCD"), ("what", ""), ("join", &beside)], None).await;
        assert_eq!(joined.status, StatusCode::SEE_OTHER, "{}", joined.text);
        assert!(web.get(&joined.location, None).await.text.contains(&format!("这件事已并入 {beside}")));
        web.house.clean().await;
    }
}
