//! A building goes to another estate, and everything that was in it goes along.

use linli_access::{Actor, Scope};
use linli_board::commands::{PostNotice, SetPledge, post, set_pledge};
use linli_board::model::NoticeKind;
use linli_cases::commands::{NewReport, report, void};
use linli_identity::commands::{claim_home, make_claim_code};
use linli_identity::vault::Vault;
use linli_territory::moves::Moved;

use uuid::Uuid;

use super::*;
use crate::commands::check;
use crate::moves::{Room, follow, step};

/// What is at 3栋 before it moves.
struct Before {
    moved: Moved,
    door: String,
    links: Vec<String>,
    resident: Token,
    code_on_paper: String,
}

fn lamp(place: &PlacePath, words: &str) -> NewReport {
    let (place, description) = (place.clone(), words.to_owned());
    NewReport { place, class: Some("stair_lamp".into()), description, photos: Vec::new(), phone: None, point_e7: None }
}

/// Two cases (one ended), a notice, a pledge, a claimed home, a code on paper, all at 3栋; then it moves to `E2`.
async fn furnish_and_move(ground: &Ground) -> Before {
    let ctx = ground.ctx();
    let visitor = Ctx { actor: Actor::Visitor, ..ctx.clone() };
    let scope = Scope { district: ground.district, place: ground.place("E1").await.path };
    let actor = Actor::Staff { person: Uuid::from_u128(1), appointment: Uuid::from_u128(2), role: Role::PropertyManager, scope };
    let manager = Ctx { actor, ..ctx.clone() };
    let (office, _) = house::office(&Vault::new(&KEY, ground.rng.clone())).unwrap();
    let (building, door) = (ground.place("E1/3栋").await, ground.place("E1/3栋/1单元").await);
    let home = ground.place("E1/3栋/1单元/101").await;
    let code = ground.code(&door.path).await;
    let mut tx = ground.db.begin(ground.district).await.unwrap();
    let mut links = Vec::new();
    for words in ["楼道灯不亮,还在等", "楼道灯不亮,其实没坏"] {
        let reported = report(&visitor, &mut tx, &office, lamp(&door.path, words)).await.unwrap();
        links.push(format!("/r/{}", reported.link.secret_text()));
        if words.contains("其实") {
            void(&manager, &mut tx, &office, reported.id, "到场看过,灯是好的").await.unwrap();
        }
    }
    let notice = PostNotice {
        place: building.path.clone(),
        kind: NoticeKind::Notice,
        title: "三栋周末清洗水箱".into(),
        body: "请储水。".into(),
        signed: "居委会".into(),
        starts_at: None,
        ends_at: None,
    };
    post(&ctx, &mut tx, notice).await.unwrap();
    let pledge = SetPledge {
        place: building.path.clone(),
        text: Some("三栋报修半小时到".into()),
        duty_phone: Some("025-0000-0333".into()),
        valid_from: None,
        valid_to: None,
    };
    set_pledge(&ctx, &mut tx, pledge).await.unwrap();
    let rules = DoorRules { home_secs: 400 * 86_400, ..DoorRules::default() };
    let used = make_claim_code(&ctx, &mut tx, &home.path, &rules).await.unwrap();
    let code_on_paper = make_claim_code(&ctx, &mut tx, &home.path, &rules).await.unwrap();
    let resident = claim_home(&visitor, &mut tx, &used, &rules).await.unwrap();
    tx.commit().await.unwrap();
    for_districts(&ctx, &ground.db, Chore::Fold).await.unwrap();
    let mut tx = ground.db.begin(ground.district).await.unwrap();
    let to = ground.place("E2").await;
    let moved = territory::move_place(&ctx, &mut tx, building.id, &to.path).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    Before { moved, door: code, links, resident, code_on_paper }
}

/// Everything is where 3栋 is now, and history is where it was.
async fn all_is_there(ground: &Ground, before: &Before, built: &Built) {
    let resident = Browser::of(built, None);
    let board = resident.page(&format!("/b/{}", before.door)).await;
    for text in ["银杏试验里 3栋 1单元", "陈一", "王经理", "三栋周末清洗水箱", "025-0000-0333", "三栋报修半小时到"]
    {
        assert!(board.contains(text), "{text} on the board: {board}");
    }
    for text in ["梧桐", "李经理", "其实没坏"] {
        assert!(!board.contains(text), "{text} on the board");
    }
    for link in &before.links {
        assert!(resident.page(link).await.contains("银杏试验里 3栋 1单元"), "the reporter's page names the new estate");
    }
    let home = Browser::of(built, Some(before.resident.clone())).page("/my-home").await;
    assert!(home.contains("银杏试验里 3栋 1单元"), "{home}");
    let now = ground.place("E2/3栋/1单元").await;
    assert_eq!(ground.code(&now.path).await, before.door, "the code on the wall is the code of the board");
    let (new_manager, old_manager) = (ground.session("M2").await, ground.session("M1").await);
    let theirs = Browser::of(built, Some(new_manager)).page("/desk").await;
    assert!(theirs.contains("楼道灯不亮,还在等"), "{theirs}");
    assert!(!Browser::of(built, Some(old_manager)).page("/desk").await.contains("还在等"));
    let mut read = ground.db.read().await.unwrap();
    let c = &mut read.conn();
    let answering = linli_people::queries::answering_for(c, ground.district, &now.path, ground.ctx().now()).await.unwrap();
    let who = |role: Role| answering.iter().filter(|a| a.role == role).map(|a| a.person_name.as_str()).collect::<Vec<_>>();
    assert_eq!((who(Role::LifeSteward), who(Role::PropertyManager)), (vec!["陈一"], vec!["王经理"]));
    let lines = journal::after(c, ground.district, 0, 10_000).await.unwrap();
    let reported: Vec<_> = lines.iter().filter(|line| line.kind == "cases.reported").collect();
    assert!(reported.iter().all(|line| before.moved.from.contains(&line.place_path)), "history keeps its path");
    drop(read);
    assert_eq!(check::findings(&ground.db).await.unwrap(), Vec::<String>::new());
}

on_both! {
    /// Every batch is a life of its own: the program is gone between any two of them, and starts again from the store.
    async fn a_move_is_followed_through_any_interruption(test) {
        let ground = Ground::lay(&test, at(2026, 11, 24, 9)).await;
        let before = furnish_and_move(&ground).await;
        // The job that gives codes may come first: the entrance at its new place gets one, and the old one must win.
        for_districts(&ground.ctx(), &ground.db, Chore::Codes).await.unwrap();
        let late = ground.code(&ground.place("E2/3栋/1单元").await.path).await;
        assert_ne!(late, before.door);
        let left = check::findings(&ground.db).await.unwrap();
        assert!(left.iter().any(|f| f.contains("case_file")) && left.iter().any(|f| f.contains("board_code")), "{left:?}");

        let (mut batches, mut rows) = (0, 0);
        loop {
            let again = Db::open(&test.config).await.unwrap();
            let mut idle = true;
            for room in Room::ALL {
                if let Some(followed) = step(&ground.ctx(), &again, ground.district, room, 1).await.unwrap() {
                    (batches, rows, idle) = (batches + 1, rows + followed, false);
                }
            }
            again.close().await;
            if idle {
                break;
            }
        }
        assert!(batches > 12, "one batch at a time: {batches}");
        // S1; the claim and its code and the one on paper; 3栋 has no board: two entrances with boards and codes, notice, pledge; two cases.
        assert!(rows >= 12, "{rows}");
        let built = ground.house();
        all_is_there(&ground, &before, &built).await;
        let resident = Browser::of(&built, None);
        assert!(resident.page(&format!("/b/{late}")).await.contains("银杏试验里 3栋 1单元"), "a code is never given to another place");
        let mut tx = ground.db.begin(ground.district).await.unwrap();
        let visitor = Ctx { actor: Actor::Visitor, ..ground.ctx() };
        claim_home(&visitor, &mut tx, &before.code_on_paper, &DoorRules::default()).await.unwrap();
        drop(tx);

        let (seq, codes) = (ground.last_seq().await, late);
        assert_eq!(follow(&ground.ctx(), &ground.db).await.unwrap(), 0, "a second run finds nothing");
        ground.clock.advance_secs(3_600);
        assert_eq!(follow(&ground.ctx(), &ground.db).await.unwrap(), 0, "nor does the second look an hour later");
        assert_eq!(ground.last_seq().await, seq, "and nothing was written: {codes}");
    }

    /// The same by the job, with somebody who was writing under the old path while it happened.
    async fn the_job_follows_and_looks_a_second_time(test) {
        let ground = Ground::lay(&test, at(2026, 11, 24, 9)).await;
        let before = furnish_and_move(&ground).await;
        let built = ground.house();
        built.worker.run_due().await.unwrap();
        let mut tx = ground.db.begin(ground.district).await.unwrap();
        let (office, _) = house::office(&Vault::new(&KEY, ground.rng.clone())).unwrap();
        let visitor = Ctx { actor: Actor::Visitor, ..ground.ctx() };
        let old = before.moved.from.child(1).unwrap();
        report(&visitor, &mut tx, &office, lamp(&old, "慢了一步")).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!check::findings(&ground.db).await.unwrap().is_empty(), "it lies where nothing is");
        ground.clock.advance_secs(1_200);
        built.worker.run_due().await.unwrap();
        for_districts(&ground.ctx(), &ground.db, Chore::Fold).await.unwrap();
        all_is_there(&ground, &before, &built).await;
    }
}
