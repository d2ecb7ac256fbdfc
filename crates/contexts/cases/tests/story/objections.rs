//! What is said of danger by a choice alone, of a steward without a name, and after a case has ended.

use linli_access::Role;
use linli_cases::commands::{self, NewReport, Which};
use linli_cases::{CaseState, CasesError, FieldProblem};
use linli_db::Db;

use crate::house::{House, MANAGER, SECOND_STEWARD, STEWARD, act, lamp};

fn said(words: &str, class: Option<&str>) -> NewReport {
    NewReport { description: words.to_owned(), class: class.map(str::to_owned), ..lamp() }
}

linli_db::both_databases! {
    async fn a_class_of_danger_that_is_chosen_says_it_by_itself(db: Db) {
        let house = House::new(db).await;
        for (words, class, call) in [
            ("楼下出事了", Some("danger"), vec!["110", "119", "120"]),
            ("三号梯", Some("lift_trapped"), vec!["119"]),
            ("三号梯里有人呼吸困难", Some("lift_trapped"), vec!["119", "120"]),
            ("有味道", Some("gas"), vec!["119"]),
            ("燃气费在哪里交", None, vec![]),
            ("老人在楼梯上倒地不起", None, vec!["120"]),
            ("有人要往下跳", None, vec!["110"]),
            ("厨房烧起来了", None, vec!["119"]),
            ("门禁按了没反应", None, vec![]),
        ] {
            let reported = house.report(&house.visitor(), said(words, class)).await.unwrap();
            assert_eq!(reported.call_first, call, "{words}");
            let case = house.case(reported.id).await;
            assert_eq!(case.emergency, !call.is_empty(), "{words}");
        }
        house.clean().await;
    }

    async fn what_complains_of_a_role_is_kept_from_who_stands_in_it(db: Db) {
        let house = House::new(db).await;
        let person = |of: &crate::house::Staff| of.owner().person;
        for words in [
            "管家老是不来",
            "管家天天打麻将",
            "管家说话难听",
            "生活管家根本不负责",
            "对管家很不满意",
            "我们的管家太懒了",
            "管家长期不在岗",
            "管家乱收停车费",
            "our steward shouted at me",
        ] {
            let reported = house.report(&house.visitor(), said(words, Some("other"))).await.unwrap();
            let case = house.case(reported.id).await;
            assert!([STEWARD, SECOND_STEWARD].iter().all(|steward| case.kept.persons.contains(&person(steward))), "{words}");
            let owner = case.owner.unwrap();
            assert_ne!(owner.role, Role::LifeSteward, "{words}");
            let read = house.take(STEWARD, reported.id).await.unwrap_err();
            assert!(matches!(read, CasesError::NotFound), "{words}: {read}");
        }
        for words in ["楼道灯坏了，请管家来看", "邻居不管，楼道灯坏了，麻烦管家看看", "谢谢管家，灯又不亮了"] {
            let reported = house.report(&house.visitor(), said(words, None)).await.unwrap();
            assert_eq!(house.case(reported.id).await.owner.map(|owner| owner.role), Some(Role::LifeSteward), "{words}");
        }
        house.clean().await;
    }

    async fn who_reported_it_may_say_for_fifteen_days_that_it_is_not_fixed(db: Db) {
        let house = House::new(db).await;
        let ended = async || {
            let reported = house.lamp().await;
            house.take(STEWARD, reported.id).await.unwrap();
            house.finish(STEWARD, reported.id).await.unwrap();
            act!(house, tx => commands::confirm(&house.visitor(), tx, &house.office, Which::Link(&reported.link), None)).unwrap();
            reported
        };
        let object = async |reported: &commands::Reported, words: &str| {
            act!(house, tx => commands::not_fixed(&house.visitor(), tx, &house.office, Which::Link(&reported.link), words))
        };
        let (first, second) = (ended().await, ended().await);
        let nothing = object(&first, " ").await.unwrap_err();
        assert!(matches!(nothing, CasesError::Field { field: "words", problem: FieldProblem::Required }), "{nothing}");
        house.clock.advance_secs(14 * 86_400);
        object(&first, "又不亮了").await.unwrap();
        let case = house.case(first.id).await;
        assert_eq!((case.state, case.closed_at, case.not_fixed_count), (CaseState::Reopened, None, 1));
        assert_eq!(case.flagged_role, Some(MANAGER.role), "one level up is told");
        house.clock.advance_secs(2 * 86_400);
        let late = object(&second, "又不亮了").await.unwrap_err();
        assert!(matches!(late, CasesError::Transition(_)), "{late}");
        assert_eq!(house.case(second.id).await.state, CaseState::Closed);
        house.clean().await;
    }
}
