//! A case is found at the desk by what somebody reads out of a paper: our number, the number of the city's ticket, or the end of either.

use linli_cases::commands::NewTicket;
use linli_db::Db;

use crate::hotline::ticket;
use crate::house::{DESK, OTHER_STEWARD};
use crate::web::Web;

linli_db::both_databases! {
    async fn a_case_is_found_by_the_number_of_the_citys_ticket(db: Db) {
        let web = Web::open(db).await;
        let wanted = web.house.receive(ticket()).await.unwrap();
        let other = web.house.receive(NewTicket { ticket_no: "gd20261124-777".to_owned(), ..ticket() }).await.unwrap();
        for (typed, found) in [
            ("GD20261124001", &wanted),
            ("gd20261124001", &wanted),
            ("%EF%BC%A7%EF%BC%A420261124001", &wanted),
            ("1124001", &wanted),
            ("GD20261124-777", &other),
            ("-777", &other),
        ] {
            let page = web.get(&format!("/desk?q={typed}"), Some(DESK)).await.text;
            assert!(page.contains("按编号找到"), "{typed}: {page}");
            let shown = |number: &str| page.contains(&format!("data-number=\"{number}\""));
            let left = if found.number == wanted.number { &other } else { &wanted };
            assert!(shown(&found.number) && !shown(&left.number), "{typed}");
        }
        let none = web.get("/desk?q=GD20261124002", Some(DESK)).await.text;
        assert!(!none.contains("按编号找到") && !none.contains("data-number="), "{none}");
        // Nobody finds by its number what lies outside his reach.
        let elsewhere = web.get("/desk?q=GD20261124001", Some(OTHER_STEWARD)).await.text;
        assert!(!elsewhere.contains("data-number="), "{elsewhere}");
    }

    async fn a_case_is_found_by_our_number_or_its_last_digits(db: Db) {
        let web = Web::open(db).await;
        let first = web.house.lamp().await;
        for _ in 0..11 {
            web.house.lamp().await;
        }
        assert_eq!(first.number, "2026-000001");
        for (typed, numbers) in [
            ("2026-000001", vec!["2026-000001"]),
            ("2026-1", vec!["2026-000001"]),
            ("000012", vec!["2026-000012"]),
            ("002", vec!["2026-000002"]),
            ("099", vec![]),
        ] {
            let page = web.get(&format!("/desk?q={typed}"), Some(DESK)).await.text;
            let shown: Vec<&str> = page.split("data-number=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            assert_eq!(shown, numbers, "{typed}");
        }
    }

    /// Whoever reads a number out wants to know what became of it, whichever list the desk stands on.
    async fn what_has_ended_is_found_by_its_number(db: Db) {
        let web = Web::open(db).await;
        let main = web.house.lamp().await;
        let joined = web.house.lamp().await;
        web.house.merge(joined.id, &main.number).await;
        let page = web.get(&format!("/desk?q={}", joined.number), Some(DESK)).await.text;
        assert!(page.contains(&format!("data-number=\"{}\"", joined.number)), "{page}");
        assert!(!page.contains(&format!("data-number=\"{}\"", main.number)));
    }
}
