//! Who holds two posts stays one person: what is kept from him is kept whatever he acts as, also from whoever only listens.

use axum::body::Body;
use http::StatusCode;
use http_body_util::BodyExt as _;
use linli_access::{Role, Scope};
use linli_cases::commands::{self, Correction, Reported, Which};
use linli_cases::{CaseId, queries};
use linli_db::Db;

use crate::house::{
    DISTRICT, DISTRICT_PATH, House, OFFICER, OTHER_STEWARD, SECRETARY, STEWARD, STEWARD_AS_OFFICER, STEWARD_AS_WORKER, Staff,
    act, lamp, path, photo,
};
use crate::web::Web;

/// A worker of the community who sits in no other seat.
const WORKER: Staff = Staff { number: 20, role: Role::CommunityWorker, at: crate::house::COMMUNITY };

impl House {
    /// Somebody complains about the steward of his door, without a name.
    async fn complaint(&self) -> Reported {
        let mut report = lamp();
        (report.class, report.description) = (Some("conduct".to_owned()), "楼下管家态度恶劣，打电话不接".to_owned());
        report.photos = vec![photo(3)];
        self.report(&self.visitor(), report).await.unwrap()
    }

    async fn sees(&self, who: Staff, id: CaseId) -> bool {
        let mut read = self.db.read().await.unwrap();
        let c = &mut read.conn();
        let ctx = self.staff(who);
        let alone = queries::readable(&ctx, c, DISTRICT, id).await.is_ok();
        let filter = queries::DeskFilter { view: queries::View::All, ..queries::DeskFilter::default() };
        let listed = queries::desk(&ctx, c, &filter, None).await.unwrap().cases.iter().any(|case| case.id == id);
        let words = queries::DeskFilter { words: linli_search::query("打电话不接"), ..filter };
        let found = queries::desk(&ctx, c, &words, None).await.unwrap().cases.iter().any(|case| case.id == id);
        assert_eq!(alone, listed, "{}: page and list agree", who.role);
        assert!(alone || !found, "{}: the search finds no more", who.role);
        alone
    }
}

/// What a stream says until a line about this subject comes.
async fn heard_until(stream: &mut Body, mark: &str) -> String {
    let mut said = String::new();
    while !said.contains(mark) {
        let frame = tokio::time::timeout(std::time::Duration::from_secs(20), stream.frame()).await.unwrap();
        said.push_str(&String::from_utf8_lossy(&frame.unwrap().unwrap().into_data().unwrap()));
    }
    said
}

linli_db::both_databases! {
    async fn another_seat_opens_no_complaint_about_oneself(db: Db) {
        let house = House::new(db).await;
        let id = house.complaint().await.id;
        assert!(house.sees(WORKER, id).await && house.sees(SECRETARY, id).await && house.sees(OFFICER, id).await);
        for who in [STEWARD, STEWARD_AS_WORKER, STEWARD_AS_OFFICER] {
            assert!(!house.sees(who, id).await, "{}", who.role);
        }
        // Whoever is steward of another estate is not meant, but for the role.
        assert!(house.sees(Staff { role: Role::CommunityWorker, at: crate::house::COMMUNITY, ..OTHER_STEWARD }, id).await);
        let kept = house.case(id).await.kept;
        assert!(kept.persons.is_empty() && kept.seated.contains(&STEWARD.owner().person), "{kept:?}");
        // He is not named: nobody lifts it for one of them.
        let lifted = act!(house, tx => commands::lift_kept(&house.staff(OFFICER), tx, id, (STEWARD.owner().person, "看错了")));
        assert!(lifted.is_err());

        // What is corrected to a complaint is kept from that moment on, and what was none is open again.
        let other = house.lamp().await.id;
        assert!(house.sees(STEWARD_AS_WORKER, other).await);
        let to = |class: &str| Correction { class: class.to_owned(), ..Correction::default() };
        act!(house, tx => commands::correct_class(&house.staff(SECRETARY), tx, &house.office, other, (&to("conduct"), "说的是人"))).unwrap();
        assert!(!house.sees(STEWARD_AS_WORKER, other).await && house.sees(WORKER, other).await);
        act!(house, tx => commands::correct_class(&house.staff(SECRETARY), tx, &house.office, other, (&to("stair_lamp"), "说的是灯"))).unwrap();
        assert!(house.case(other).await.kept.is_empty() && house.sees(STEWARD_AS_WORKER, other).await);
        house.fold().await;
        house.clean().await;
    }

    /// A case that was filed before it was written down who sat in the roles is kept by role, and so from another seat of the same person it
    /// is not. Classed anew, it is kept as one that is filed today.
    async fn what_was_filed_before_seats_were_written_down_is_kept_by_role(db: Db) {
        let house = House::new(db).await;
        let id = house.complaint().await.id;
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        let before = "UPDATE case_file SET kept_from = 'life_steward red_steward property_manager property_desk guard'";
        linli_db::exec!(&mut tx.conn().unwrap(), sqlx::query(before)).unwrap();
        tx.commit().await.unwrap();
        assert!(!house.sees(STEWARD, id).await && house.sees(STEWARD_AS_WORKER, id).await);
        let to = |class: &str| Correction { class: class.to_owned(), ..Correction::default() };
        for class in ["stair_lamp", "conduct"] {
            act!(house, tx => commands::correct_class(&house.staff(SECRETARY), tx, &house.office, id, (&to(class), "重新分类"))).unwrap();
        }
        assert!(!house.sees(STEWARD, id).await && !house.sees(STEWARD_AS_WORKER, id).await && house.sees(WORKER, id).await);
    }

    /// The same on every page, for a person who changes the appointment he acts under.
    async fn no_page_shows_it_under_another_appointment(db: Db) {
        let web = Web::open(db).await;
        let reported = web.house.complaint().await;
        let (id, number) = (reported.id, reported.number);
        for who in [STEWARD, STEWARD_AS_WORKER] {
            for page in [
                format!("/cases/{id}"),
                format!("/cases/{id}/photo/1"),
                format!("/cases/{id}/thumb/1"),
                format!("/api/v1/cases/{id}"),
                format!("/desk?case={id}"),
            ] {
                assert_eq!(web.get(&page, Some(who)).await.status, StatusCode::NOT_FOUND, "{page} {}", who.role);
            }
            for list in ["/desk", "/desk?view=all", "/desk?view=all&q=%E6%80%81%E5%BA%A6", "/my-day", "/desk/wall", "/api/v1/cases"] {
                let page = web.get(list, Some(who)).await;
                assert_eq!(page.status, StatusCode::OK, "{list}");
                assert!(!page.text.contains(&number) && !page.text.contains(&id.to_string()), "{list} {}: {}", who.role, page.text);
            }
            for act in ["take", "note", "confirm", "void", "merge"] {
                let refused = web.post(&format!("/cases/{id}/{act}"), Some(who), "note=x&reason=x&other=1").await.status;
                assert!([StatusCode::NOT_FOUND, StatusCode::FORBIDDEN].contains(&refused), "{act} {}: {refused}", who.role);
            }
            // Nor is it felt out by its number.
            let lamp = web.house.lamp().await;
            let guessed = act!(web.house, tx => commands::merge(&web.house.staff(who), tx, &web.house.office, lamp.id, &number));
            assert!(guessed.is_err());
        }
        assert_eq!(web.get(&format!("/cases/{id}"), Some(SECRETARY)).await.status, StatusCode::OK);
        assert_eq!(web.get(&format!("/api/v1/cases/{id}"), Some(OFFICER)).await.status, StatusCode::OK);
    }

    /// A file that goes out under an appointment holds nothing that is kept from who takes it out.
    async fn no_table_takes_it_out(db: Db) {
        let house = House::new(db).await;
        let number = house.complaint().await.number;
        let scope = Scope { district: DISTRICT, place: path(DISTRICT_PATH) };
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        for (who, there) in [(OFFICER, true), (STEWARD_AS_OFFICER, false)] {
            let page = linli_cases::export::cases(&house.staff(who), c, &house.book.load(), &scope, None).await.unwrap();
            assert_eq!(page.rows.iter().any(|row| row.contains(&number)), there, "the file");
            let filter = queries::DeskFilter { view: queries::View::All, ..queries::DeskFilter::default() };
            let (list, _) = queries::desk_whole(&house.staff(who), c, &filter).await.unwrap();
            assert_eq!(list.iter().any(|case| case.number == number), there, "the list");
        }
    }

    /// Who listens to what happens at his place learns nothing of a complaint about him: neither when it comes nor what becomes of it, nor from
    /// what he missed; others hear it.
    async fn who_listens_hears_nothing_about_himself(db: Db) {
        let web = Web::open(db).await;
        web.announce();
        let mut streams = Vec::new();
        for who in [STEWARD, STEWARD_AS_WORKER, SECRETARY] {
            streams.push((who, web.stream("/cases/live", who, None).await));
        }
        let complaint = web.house.complaint().await;
        // One that names him, and one that comes to name him when it is already his.
        let mut report = lamp();
        report.description = "楼道灯不亮，甄守楼说不归他管".to_owned();
        let named = web.house.report(&web.house.visitor(), report).await.unwrap();
        act!(web.house, tx => commands::note(&web.house.staff(SECRETARY), tx, complaint.id, "已约谈", false)).unwrap();
        let later = web.house.lamp().await;
        web.house.take(STEWARD, later.id).await.unwrap();
        web.house.finish(STEWARD, later.id).await.unwrap();
        act!(web.house, tx => commands::not_fixed(&web.house.visitor(), tx, &web.house.office, Which::Link(&later.link), "甄管家根本没来，还骂人")).unwrap();
        let last = web.house.lamp().await;
        let hidden = [complaint.id.to_string(), named.id.to_string()];
        let mut of_later = Vec::new();
        for (who, stream) in &mut streams {
            let said = heard_until(stream, &last.id.to_string()).await;
            let hears = *who == SECRETARY;
            for id in &hidden {
                assert_eq!(said.contains(id), hears, "{}: {said}", who.role);
            }
            assert!(said.contains("event: open") && !said.contains("reload"), "{said}");
            of_later.push(said.matches(&later.id.to_string()).count());
        }
        assert!(of_later[0] < of_later[2], "what was said about him he did not hear: {of_later:?}");
        // A lost line is made good without it; nothing says that something was left out.
        for (who, hears) in [(STEWARD, false), (STEWARD_AS_WORKER, false), (SECRETARY, true)] {
            let mut stream = web.stream("/cases/live", who, Some(0)).await;
            let said = heard_until(&mut stream, &last.id.to_string()).await;
            for id in &hidden {
                assert_eq!(said.contains(id), hears, "{}: {said}", who.role);
            }
            assert!(!said.contains("reload"), "{said}");
        }
    }
}
