//! Work on a phone: what "my day" and the page of a case offer, also before anything was sent.

use http::StatusCode;
use linli_cases::CaseState;
use linli_cases::commands::{self, Onward};
use linli_db::Db;

use crate::hotline::ticket;
use crate::house::{DESK, MANAGER, STEWARD, act};
use crate::web::Web;

/// What a page offers once taking is stored to be sent later.
fn stored(page: &str, id: linli_cases::CaseId) -> &str {
    let (_, from) = page.split_once(&format!("<template data-queue-after=\"/cases/{id}/take\">")).unwrap();
    from.split_once("</template>").unwrap().0
}

linli_db::both_databases! {
    /// A lamp is finished, a ticket of the hotline is answered: the phone offers that before it is taken, and "my day" after.
    async fn what_ends_the_work_is_offered_before_and_after_it_is_taken(db: Db) {
        let web = Web::open(db).await;
        let lamp = web.house.lamp().await.id;
        let ticket = web.house.receive(ticket()).await.unwrap().ticket.case;
        web.house.onward(ticket, Onward::File, "").await;
        act!(web.house, tx => commands::dispatch(&web.house.staff(DESK), tx, &web.house.office, ticket, MANAGER.owner().appointment)).unwrap();
        for (who, id, end, other, called) in
            [(STEWARD, lamp, "finish", "answer", "办结"), (MANAGER, ticket, "answer", "finish", "反馈处理结果")]
        {
            let page = web.get(&format!("/cases/{id}"), Some(who)).await.text;
            let form = stored(&page, id);
            assert!(form.contains(&format!("action=\"/cases/{id}/{end}\"")) && form.contains(called), "{form}");
            assert!(!form.contains(&format!("/cases/{id}/{other}")), "{form}");
            let day = web.get("/my-day", Some(who)).await.text;
            let link = format!("href=\"/cases/{id}?back=day#finish\"><span>{called}");
            assert!(day.contains(&link), "{link} is not in {day}");

            web.house.take(who, id).await.unwrap();
            let day = web.get("/my-day", Some(who)).await.text;
            assert!(day.contains(&link) && !day.contains(&format!("/cases/{id}/take")), "{link} is not in {day}");
            let fields = [("done", "已处理"), ("no_photo_because", "拍不到"), ("back", "day")];
            let sent = web.post_files(&format!("/cases/{id}/{end}"), Some(who), &fields, None).await;
            assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
        }
        assert_eq!(web.house.case(lamp).await.state, CaseState::AwaitingConfirmation);
        assert_eq!(web.house.case(ticket).await.state, CaseState::Feedback);
        let told = web.house.told().await.into_iter().find(|step| step.step == "answered").unwrap();
        assert_eq!((told.words.as_str(), told.no_photo_because.as_deref()), ("已处理", Some("拍不到")), "each by itself");
    }
}
