//! A notice from the secretary's form to the proof that a neighbour checks at home, and what stays when it is taken down.

use linli_publiclog::{Checkpoint, Entry, Log, ProofFile};

use super::*;

/// What stands between two marks.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    page.split_once(from)
        .and_then(|(_, rest)| rest.split_once(to))
        .map(|(found, _)| found)
        .unwrap_or_else(|| panic!("{from}: {page}"))
}

/// The page as soon as it says something; the board drops its copy a moment after the line is committed.
async fn shows(who: &Browser, path: &str, words: &str) -> String {
    for _ in 0..2_000 {
        let page = who.page(path).await;
        if page.contains(words) {
            return page;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("{path} never says {words}");
}

on_both! {
    async fn a_notice_hangs_with_its_proof(test) {
        let ground = Ground::lay(&test, at(2026, 11, 24, 9)).await;
        let built = ground.house();
        let secretary = Browser::of(&built, Some(ground.session("C1").await));
        let anybody = Browser::of(&built, None);
        let estate = ground.place("E1").await.path;
        let fields = [("place", estate.as_str()), ("kind", "planned_work"), ("title", "水箱清洗，上午停水"), ("body", "请提前储水。"), ("signed", "社区居委会")];
        secretary.post("/notices", &fields).await.led_to("/notices");
        let code = ground.code(&estate).await;
        let waits = anybody.page(&format!("/b/{code}")).await;
        assert!(waits.contains("水箱清洗") && waits.contains("等待公开日志编号"), "{waits}");
        built.worker.run_due().await.unwrap();

        // The board hears that it has its number.
        let board = shows(&anybody, &format!("/b/{code}"), "公开日志第 0 号").await;
        let proof = format!("/log/{}/e/{}", ground.district, between(&board, &format!("href=\"/log/{}/e/", ground.district), "\""));
        let page = anybody.page(&proof).await;
        for words in ["收录证明", "已收录", "公告牌上的公告", "请提前储水"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        // The file of the proof, with the key of the page of the log and nothing else.
        let key = anybody.page(&format!("/log/{}/key", ground.district)).await;
        let log = Log::of(key.trim().parse().unwrap());
        let file = anybody.page(&format!("{proof}/proof")).await;
        let entry = anybody.page(&format!("{proof}/bytes")).await;
        let checkpoint: Checkpoint = ProofFile::read(&file).unwrap().verify(entry.as_bytes(), &log).unwrap();
        assert_eq!(checkpoint.size, 1);
        assert!(!entry.contains("水箱"), "what was typed is committed to, and not in the log");
        assert_eq!(Entry::read(entry.as_bytes()).unwrap().kind, "board.notice");

        // On paper: the notice with a code that leads there. Nobody takes it out of the log by taking it down.
        let paper = between(&secretary.page("/notices").await, "href=\"/n/", "\"").to_owned();
        let sheet = anybody.page(&format!("/n/{paper}")).await;
        assert!(sheet.contains("<svg class=\"qr\"") && sheet.contains(&proof) && sheet.contains("公开日志第 0 号"), "{sheet}");
        let id = paper.rsplit('/').next().unwrap().to_owned();
        secretary.post(&format!("/notices/{id}/withdraw"), &[]).await.led_to("/notices");
        ground.clock.advance_secs(10);
        built.worker.run_due().await.unwrap();
        let sheet = anybody.page(&format!("/n/{paper}")).await;
        assert!(sheet.contains("已撤下") && sheet.contains("公开日志第 0 号"), "{sheet}");
        assert!(anybody.page(&format!("/log/{}", ground.district)).await.contains("公告撤下"));
        assert_eq!(crate::commands::check::findings(&ground.db).await.unwrap(), Vec::<String>::new());
    }
}
