//! What was decided here of a case from another system is not taken back when its source tells it anew.

use linli_cases::commands::{self, Brought, Correction, Foreign, Which};
use linli_cases::{Case, CaseId, queries};
use linli_db::Db;

use crate::house::{COMMUNITY, DESK, ENTRANCE, House, OFFICER, SECOND_STEWARD, SECRETARY, STEWARD, act, path};
use crate::import::{options, own, take};

fn file(words: &str) -> String {
    format!(
        "external_id,place,class,description,status,reported_at\nA-1,SJ3/3栋/2单元,stair_lamp,{words},reported,2026-11-20 08:00\n"
    )
}

impl House {
    /// The only case from elsewhere.
    async fn brought(&self) -> Case {
        let mut read = self.db.read().await.unwrap();
        let all = queries::DeskFilter { view: queries::View::All, ..queries::DeskFilter::default() };
        queries::desk(&self.staff(OFFICER), &mut read.conn(), &all, None).await.unwrap().cases.into_iter().next().unwrap()
    }

    async fn file_says(&self, words: &str) -> (u64, String) {
        let (totals, report) = take(self, own(&file(words)), None, &options("12345")).await;
        (totals.changed, report)
    }

    async fn conduct(&self, id: CaseId) {
        let to = Correction { class: "conduct".to_owned(), ..Correction::default() };
        act!(self, tx => commands::correct_class(&self.staff(SECRETARY), tx, &self.office, id, (&to, "说的是管家"))).unwrap();
    }

    async fn follow(&self, words: &str) -> Brought {
        let foreign = Foreign {
            id: "7".to_owned(),
            place: path(ENTRANCE),
            class: "stair_lamp".to_owned(),
            title: "Lamp".to_owned(),
            description: words.to_owned(),
            open: true,
            status: "open".to_owned(),
            notes: String::new(),
            reported_at: Some(self.clock_now().plus_secs(-86_400)),
            updated_at: None,
            due_at: None,
            point_e7: None,
        };
        act!(self, tx => commands::bring_in(&self.system(), tx, &self.office, "elsewhere", vec![foreign.clone()])).unwrap()[0]
    }
}

linli_db::both_databases! {
    /// A complaint stays at the community, whatever the file calls it.
    async fn a_file_takes_no_correction_back(db: Db) {
        let house = House::new(db).await;
        house.file_says("灯不亮").await;
        let id = house.brought().await.id;
        house.conduct(id).await;
        let decided = house.brought().await;
        let (changed, report) = house.file_says("灯不亮，三楼").await;
        assert_eq!(changed, 1);
        assert!(report.contains("class=decided_here") && report.contains("place=decided_here"), "{report}");
        let case = house.brought().await;
        assert_eq!((&case.class, &case.place, &case.kept, case.public), (&decided.class, &path(COMMUNITY), &decided.kept, false));
        assert_eq!(case.description, "灯不亮，三楼", "its words are the source's");
        house.fold().await;
        house.clean().await;
    }

    /// The same from another server, again and again.
    async fn another_server_takes_no_correction_back(db: Db) {
        let house = House::new(db).await;
        assert_eq!(house.follow("灯不亮").await, Brought::New);
        let id = house.brought().await.id;
        house.conduct(id).await;
        let decided = house.brought().await;
        for words in ["灯不亮，三楼", "灯不亮，四楼"] {
            assert_eq!(house.follow(words).await, Brought::Changed);
            let case = house.brought().await;
            assert_eq!((&case.class, &case.place, &case.kept), (&decided.class, &path(COMMUNITY), &decided.kept));
            house.clean().await;
        }
    }

    /// Whom a reporter named since does not see it again.
    async fn a_file_lets_nobody_in_again(db: Db) {
        let house = House::new(db).await;
        house.file_says("灯不亮").await;
        let id = house.brought().await.id;
        house.take(STEWARD, id).await.unwrap();
        house.finish(STEWARD, id).await.unwrap();
        act!(house, tx => commands::not_fixed(&house.staff(DESK), tx, &house.office, Which::Id(id), "还是不亮，甄守楼骂人")).unwrap();
        assert_eq!(house.brought().await.kept.persons, [STEWARD.owner().person]);
        house.file_says("灯不亮，三楼").await;
        assert_eq!(house.brought().await.kept.persons, [STEWARD.owner().person]);
        house.clean().await;
    }

    /// What was lifted stays lifted; whom the source names for the first time it is kept from, with a line, and he loses it.
    async fn a_file_undoes_no_lifting_and_names_somebody_new(db: Db) {
        let house = House::new(db).await;
        house.file_says("灯不亮，甄守楼不管").await;
        let id = house.brought().await.id;
        let steward = STEWARD.owner().person;
        assert_eq!(house.brought().await.kept.persons, [steward]);
        act!(house, tx => commands::lift_kept(&house.staff(OFFICER), tx, id, (steward, "同名的住户"))).unwrap();
        house.take(SECOND_STEWARD, id).await.unwrap();
        house.file_says("灯不亮，甄守楼不管，亓双楼也不管").await;
        let case = house.brought().await;
        assert_eq!((case.kept.persons.as_slice(), &case.owner), ([SECOND_STEWARD.owner().person].as_slice(), &Some(STEWARD.owner())));
        let kinds = house.kinds(id).await;
        assert_eq!(kinds[kinds.len() - 2..], ["cases.kept", "cases.assigned"]);
        house.file_says("灯不亮，甄守楼、亓双楼都不管").await;
        assert_eq!(house.brought().await.kept.persons, [SECOND_STEWARD.owner().person], "nobody new");
        house.fold().await;
        house.clean().await;
    }
}
