//! kill -9 at any moment, again and again, under load: what was answered is there, once.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use linli_db::{Db, DbConfig, sql};

use crate::both_engines;
use crate::support::{At, block, door, get, kill, link_of, random, try_report, wait_for};

const WRITERS: usize = 8;

async fn cases(at: &At) -> i64 {
    let db = Db::open(&DbConfig { folder: at.folder.clone(), url: at.url.clone(), readers: 2 }).await.unwrap();
    let mut read = db.read().await.unwrap();
    let c = &mut read.conn();
    let count: i64 = sql!(c, x => sqlx::query_scalar("SELECT COUNT(*) FROM private_link").fetch_one(x).await).unwrap();
    drop(read);
    db.close().await;
    count
}

both_engines! {
    fn what_was_answered_is_there_once(at) {
        let rounds = if std::env::var_os("LINLI_FULL").is_some() { 25 } else { 5 };
        at.district();
        // Every key that was ever sent, with the link it was answered with, if it was.
        let sent: Mutex<HashMap<String, Option<String>>> = Mutex::default();
        let mut board = None;
        for round in 0..rounds {
            let mut served = at.serve();
            let door = board.get_or_insert_with(|| door(&served.address)).clone();
            let answered = AtomicUsize::new(0);
            // Somewhere between the first answers and the middle of everything.
            let enough = 1 + (random() % 120) as usize;
            std::thread::scope(|scope| {
                for writer in 0..WRITERS {
                    let (address, door, sent, answered) = (&served.address, &door, &sent, &answered);
                    scope.spawn(move || {
                        for n in 0.. {
                            let key = format!("key-{round}-{writer}-{n:06}");
                            sent.lock().unwrap().insert(key.clone(), None);
                            let Some(answer) = try_report(address, door, &format!("楼道灯不亮 {key}"), &key) else { return };
                            assert_eq!(answer.status, 201, "{}", answer.text());
                            sent.lock().unwrap().insert(key, Some(link_of(&answer)));
                            answered.fetch_add(1, Ordering::SeqCst);
                        }
                    });
                }
                wait_for("answers", || (answered.load(Ordering::SeqCst) >= enough).then_some(()));
                kill(&mut served.child);
            });
            at.check();
        }
        let served = at.serve();
        let door = board.unwrap();
        let sent = sent.into_inner().unwrap();
        assert!(sent.values().any(Option::is_none), "nothing was under way when it was killed: the test proved nothing");
        for (key, link) in &sent {
            // Whoever got no answer asks again with the same key. Whoever got one gets the same.
            let again = try_report(&served.address, &door, &format!("楼道灯不亮 {key}"), key).unwrap();
            assert_eq!(again.status, 201, "{}", again.text());
            if let Some(link) = link {
                assert_eq!(&link_of(&again), link, "an answered report became another one");
                assert_eq!(get(&served.address, &format!("/r/{link}")).status, 200, "an answered report is gone");
            }
        }
        drop(served);
        assert_eq!(block(cases(at)), sent.len() as i64, "one case for each report, however often it was sent");
        at.check();
    }
}
