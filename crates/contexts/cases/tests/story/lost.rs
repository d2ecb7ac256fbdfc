//! A commit that the server does and whose answer is lost on the way.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use linli_access::Ctx;
use linli_cases::commands::{Reported, prepare};
use linli_cases::{CasesError, ReportWindow};
use linli_db::testing::TestDb;
use linli_db::{Db, DbConfig, DbError, sql};

use crate::house::{DISTRICT, House, lamp};

/// A wire to the database server. Told to, it lets the next commit through and loses what is answered.
struct Wire {
    port: u16,
    cut: Arc<AtomicBool>,
}

impl Wire {
    fn to(server: String) -> Self {
        let listening = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, cut) = (listening.local_addr().unwrap().port(), Arc::new(AtomicBool::new(false)));
        let told = Arc::clone(&cut);
        std::thread::spawn(move || {
            for near in listening.incoming().map_while(Result::ok) {
                let Ok(far) = TcpStream::connect(&server) else { continue };
                let (lost, told) = (Arc::new(AtomicBool::new(false)), Arc::clone(&told));
                let (from, to, losing) = (near.try_clone().unwrap(), far.try_clone().unwrap(), Arc::clone(&lost));
                std::thread::spawn(move || {
                    carry(from, to, |bytes| {
                        if bytes.windows(6).any(|word| word == b"COMMIT") && told.swap(false, Ordering::SeqCst) {
                            losing.store(true, Ordering::SeqCst);
                        }
                        true
                    })
                });
                std::thread::spawn(move || carry(far, near, |_| !lost.load(Ordering::SeqCst)));
            }
        });
        Self { port, cut }
    }
}

/// Carries bytes as long as `look` lets them through; then both ends find the wire dead.
fn carry(mut from: TcpStream, mut to: TcpStream, look: impl Fn(&[u8]) -> bool) {
    let mut buffer = [0; 16_384];
    while let Ok(n) = from.read(&mut buffer) {
        if n == 0 || !look(&buffer[..n]) || to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

async fn cases(db: &Db) -> i64 {
    let mut read = db.read().await.unwrap();
    sql!(&mut read.conn(), x => sqlx::query_scalar("SELECT COUNT(*) FROM case_file").fetch_one(x).await).unwrap()
}

/// Whoever sent a key is found by it; whoever sent none is told that it is not known. Nobody is filed twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_lost_files_nothing_twice() {
    let Some(test) = TestDb::postgres().await else {
        eprintln!("skipped: LINLI_TEST_PG names no PostgreSQL server");
        return;
    };
    let house = House::new(test.db.clone()).await;
    let url = test.config.url.clone().unwrap();
    let (head, rest) = url.split_once('@').unwrap();
    let (server, database) = rest.split_once('/').unwrap();
    let wire = Wire::to(server.to_owned());
    let through = format!("{head}@127.0.0.1:{}/{database}", wire.port);
    let db = Db::open(&DbConfig { url: Some(through), ..test.config.clone() }).await.unwrap();
    let window = ReportWindow::new(db, house.office.clone());
    let report = async |ctx: Ctx| -> Result<Reported, CasesError> {
        wire.cut.store(true, Ordering::SeqCst);
        let prepared = prepare(&ctx, &house.office, lamp()).unwrap();
        window.report(DISTRICT, ctx, prepared).await
    };
    let unknown = report(house.visitor()).await;
    assert!(matches!(unknown, Err(CasesError::Db(DbError::Unavailable(_)))), "{unknown:?}");
    assert_eq!(cases(&house.db).await, 1, "it had been filed, and once");
    let keyed = report(Ctx { idempotency_key: Some("form-key-0009".to_owned()), ..house.visitor() }).await.unwrap();
    assert!(keyed.again, "found by its key");
    assert_eq!(cases(&house.db).await, 2);
    house.clean().await;
}
