//! Many at the window at once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use linli_access::Ctx;
use linli_cases::commands::{NewReport, Reported, prepare};
use linli_cases::{CasesError, ReportWindow};
use linli_db::testing::TestDb;
use linli_db::{Db, DbConfig, DbError, exec, journal, sql};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::house::{DISTRICT, House, OTHER_ENTRANCE, STEWARD, lamp, path};

/// Everybody reports at once; answers in the order they came.
async fn all_at_once(house: &House, reports: Vec<(Ctx, NewReport)>) -> Vec<Result<Reported, CasesError>> {
    let window = ReportWindow::new(house.db.clone(), house.office.clone());
    let mut waiting = Vec::new();
    for (ctx, input) in reports {
        let prepared = prepare(&ctx, &house.office, input).unwrap();
        let window = window.clone();
        waiting.push(tokio::spawn(async move { window.report(DISTRICT, ctx, prepared).await }));
    }
    let mut answers = Vec::new();
    for one in waiting {
        answers.push(one.await.unwrap());
    }
    answers
}

fn with_key(house: &House, key: &str) -> Ctx {
    Ctx { idempotency_key: Some(key.to_owned()), ..house.visitor() }
}

linli_db::both_databases! {
    /// Two hundred at once: each has a case, a number and a link of its own, and its line in the journal; few transactions carry them.
    async fn everybody_is_served(db: Db) {
        let house = House::new(db).await;
        let reports = (0..200).map(|n| {
            let phone = (n % 2 == 0).then(|| format!("1380000{n:04}"));
            (house.visitor(), NewReport { description: format!("楼道灯不亮 {n}"), phone, ..lamp() })
        });
        let answers: Vec<Reported> = all_at_once(&house, reports.collect()).await.into_iter().map(Result::unwrap).collect();
        let numbers: BTreeSet<&str> = answers.iter().map(|a| a.number.as_str()).collect();
        assert_eq!((numbers.len(), numbers.first(), numbers.last()), (200, Some(&"2026-000001"), Some(&"2026-000200")));
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        for (n, answer) in answers.iter().enumerate() {
            let (_, id) = linli_cases::queries::link_target(c, &answer.link).await.unwrap();
            assert_eq!(id, answer.id, "a link opens its own case");
            assert_eq!(house.case(id).await.description, format!("楼道灯不亮 {n}"), "nobody gets the case of another");
            assert_eq!(house.kinds(id).await, ["cases.reported"]);
        }
        let contacts: i64 = sql!(c, x => sqlx::query_scalar("SELECT COUNT(*) FROM case_contact").fetch_one(x).await).unwrap();
        assert_eq!((contacts, journal::last_seq(c, DISTRICT).await.unwrap()), (100, 200));
        drop(read);
        house.clean().await;
    }

    /// The same request ten times at the same moment is one case, and all ten are given its answer.
    async fn the_same_request_at_once_is_one_case(db: Db) {
        let house = House::new(db).await;
        let reports = (0..10).map(|_| (with_key(&house, "form-key-0001"), lamp())).collect();
        let answers: Vec<Reported> = all_at_once(&house, reports).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers.iter().map(|a| (a.id, a.link.secret_text())).collect::<BTreeSet<_>>().len(), 1);
        assert_eq!(answers.iter().filter(|a| !a.again).count(), 1);
    }

    /// A report that may not be filed is refused alone; those beside it are filed.
    async fn a_refusal_is_the_business_of_one(db: Db) {
        let house = House::new(db).await;
        house.report(&with_key(&house, "form-key-0002"), lamp()).await.unwrap();
        let other = NewReport { description: "单元门关不上".to_owned(), ..lamp() };
        let elsewhere = NewReport { place: path(OTHER_ENTRANCE), ..lamp() };
        let answers = all_at_once(&house, vec![
            (house.visitor(), lamp()),
            (with_key(&house, "form-key-0002"), other),
            (house.staff(STEWARD), elsewhere),
            (house.visitor(), lamp()),
        ]).await;
        assert!(matches!(answers[1], Err(CasesError::Db(DbError::KeyReused))), "{:?}", answers[1]);
        assert!(matches!(answers[2], Err(CasesError::Denied(_))), "{:?}", answers[2]);
        assert!(answers[0].is_ok() && answers[3].is_ok());
        house.clean().await;
    }

    /// What the store refuses of one does not keep the others from being filed.
    async fn one_that_cannot_be_stored_does_not_take_the_others_along(db: Db) {
        let house = House::new(db).await;
        // A number that is taken already makes the third of them impossible to store.
        house.lamp().await;
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        exec!(&mut tx.conn().unwrap(), sqlx::query("UPDATE case_file SET number = '2026-000004'")).unwrap();
        tx.commit().await.unwrap();
        let answers = all_at_once(&house, (0..6).map(|_| (house.visitor(), lamp())).collect()).await;
        let filed = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(filed, 2, "2 and 3 are filed; 4 is taken and stays so, and each of the others is told");
    }
}

/// PostgreSQL behind a line that is cut, once, right after the server has answered a commit: what every network does some day.
/// Everything before passes untouched.
async fn behind_a_line_cut_at_a_commit(config: &DbConfig) -> (Db, Arc<AtomicUsize>) {
    let url = config.url.clone().unwrap();
    let (head, rest) = url.split_once('@').unwrap();
    let (server, database) = rest.split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = format!("{head}@{}/{database}?sslmode=disable", listener.local_addr().unwrap());
    let cuts = Arc::new(AtomicUsize::new(0));
    let (server, cut) = (server.to_owned(), cuts.clone());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(carry(client, server, cut.clone()));
        }
    });
    (Db::open(&DbConfig { url: Some(here), ..config.clone() }).await.unwrap(), cuts)
}

/// `cuts` counts down to the line being cut; nought means that it stays whole.
async fn carry(mut client: TcpStream, mut server: TcpStream, cuts: Arc<AtomicUsize>) {
    let (mut asked, mut told) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => match read {
                Ok(n) if n > 0 => {
                    let cut = asked[..n].windows(7).any(|w| w == b"COMMIT\0")
                        && cuts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
                    server.write_all(&asked[..n]).await.unwrap();
                    if cut {
                        assert!(server.read(&mut told).await.unwrap() > 0, "the server has committed");
                        return;
                    }
                }
                _ => return,
            },
            read = server.read(&mut told) => match read {
                Ok(n) if n > 0 => if client.write_all(&told[..n]).await.is_err() { return },
                _ => return,
            },
        }
    }
}

/// The answer to a commit is lost: reports without a key are filed once all the same, and their links open what was filed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_to_a_commit_files_nothing_twice() {
    for together in [1, 20] {
        let Some(test) = TestDb::postgres().await else { return eprintln!("skipped: LINLI_TEST_PG names no PostgreSQL server") };
        let (db, cuts) = behind_a_line_cut_at_a_commit(&test.config).await;
        let mut house = House::new(test.db.clone()).await;
        house.db = db;
        let before = count(&test.db).await;
        cuts.store(1, Ordering::SeqCst);
        let answers = all_at_once(&house, (0..together).map(|_| (house.visitor(), lamp())).collect()).await;
        assert_eq!(cuts.load(Ordering::SeqCst), 0, "the line was cut");
        assert_eq!(count(&test.db).await - before, together);
        let mut read = test.db.read().await.unwrap();
        for answer in answers {
            let answer = answer.unwrap();
            assert_eq!(linli_cases::queries::link_target(&mut read.conn(), &answer.link).await.unwrap().1, answer.id);
        }
    }
}

async fn count(db: &Db) -> i64 {
    let mut read = db.read().await.unwrap();
    let c = &mut read.conn();
    sql!(c, x => sqlx::query_scalar("SELECT COUNT(*) FROM case_file").fetch_one(x).await).unwrap()
}
