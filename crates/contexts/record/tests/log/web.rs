//! The pages and files, through the real router.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use linli_db::Db;
use linli_hall::{Furnishing, Hall, Services, Signed};
use linli_publiclog::{Log, ProofFile, audit};
use linli_record::model::{Publish, Sealed};
use linli_record::{commands, module};
use linli_webkit::live::Live;
use linli_webkit::photo::Darkroom;
use linli_webkit::rate::RateLimits;
use linli_webkit::session::SessionPort;
use linli_webkit::{AppError, Site, Texts};
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::house::{BASE, HERE, House, LOG, Shelf, notice, sealed};

/// Nobody signs in: everything here is public.
struct NoSessions;

impl SessionPort for NoSessions {
    type Signed = Signed;
    async fn resolve(&self, _: &str) -> Result<Option<Signed>, AppError> {
        Ok(None)
    }
}

struct Web {
    house: House,
    router: Router,
}

struct Answer {
    status: StatusCode,
    kind: String,
    caching: String,
    bytes: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

fn texts() -> Texts {
    Texts::new(&[linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_publiclog::TEXTS, linli_record::TEXTS]).unwrap()
}

impl Web {
    async fn open(db: Db) -> Self {
        let house = House::new(db).await;
        let rooms = linli_webkit::House::of(vec![module()]);
        let hall = Hall::furnish(Furnishing {
            db: house.db.clone(),
            clock: house.clock.clone(),
            rng: house.rng.clone(),
            live: Live::new(4),
            darkroom: Darkroom::new(1),
            limits: Arc::new(RateLimits::usual()),
            sessions: NoSessions,
            services: Services::default(),
            nav: rooms.nav,
            base_url: BASE.into(),
        });
        let site = Site::plain(Arc::new(texts()), house.clock.clone(), house.rng.clone());
        Self { router: linli_webkit::open(rooms.router, hall, site).unwrap(), house }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let said = |name| response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let (status, kind, caching) = (response.status(), said(header::CONTENT_TYPE), said(header::CACHE_CONTROL));
        let bytes = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        Answer { status, kind, caching, bytes }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn compare(&self, checkpoint: &str) -> Answer {
        let form: String = format!("checkpoint={}", encoded(checkpoint));
        let request = Request::post("/log/1/compare").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.header("sec-fetch-site", "same-origin").body(Body::from(form)).unwrap()).await
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

linli_db::both_databases! {
    async fn everybody_reads_key_checkpoint_and_proof(db: Db) {
        let web = Web::open(db).await;
        let empty = web.get("/log").await;
        assert!(empty.status == StatusCode::OK && empty.text().contains("还没有日志"), "{}", empty.text());
        let first = web.house.publish(notice(1)).await;
        let waits = web.get(&format!("/log/1/e/{first}")).await;
        assert!(waits.text().contains("等待编号") && waits.text().contains("notice"), "{}", waits.text());
        assert_eq!(web.get(&format!("/log/1/e/{first}/proof")).await.status, StatusCode::NOT_FOUND);
        web.house.publish_many(2..400).await;
        web.house.seal().await.unwrap();
        let head = web.house.head(LOG).await;

        let list = web.get("/log").await.text();
        assert!(list.contains("href=\"/log/1\"") && list.contains("399 条"), "{list}");
        let page = web.get("/log/1").await.text();
        for words in ["linli.example/log/1", &head.key.replace('+', "&#43;"), "linli verify https://linli.example/log/1 --key"] {
            let plain = words.replace("&#43;", "+");
            assert!(page.contains(words) || page.contains(&plain), "{words}: {page}");
        }
        assert_eq!(web.get("/log/1/key").await.text(), format!("{}\n", head.key));
        let checkpoint = web.get("/log/1/checkpoint").await;
        assert_eq!((checkpoint.text(), checkpoint.kind.as_str()), (head.note.clone(), "text/plain; charset=utf-8"));
        assert!(checkpoint.caching.contains("max-age=5"), "{}", checkpoint.caching);

        let proven = web.get(&format!("/log/1/e/{first}")).await.text();
        assert!(proven.contains("已收录") && proven.contains("href=\"/n/1/1\""), "{proven}");
        assert!(!proven.contains("<script"), "it needs none");
        let file = web.get(&format!("/log/1/e/{first}/proof")).await.text();
        let bytes = web.get(&format!("/log/1/e/{first}/bytes")).await.bytes;
        let log = Log::of(head.key.parse().unwrap());
        assert_eq!(ProofFile::read(&file).unwrap().verify(&bytes, &log).unwrap().size, 399);
        let paper = web.get(&format!("/log/1/e/{first}/print")).await.text();
        assert!(paper.contains("<svg class=\"qr\"") && paper.contains(&format!("linli.example/log/1/e/{first}")), "{paper}");
        let english = web.get(&format!("/log/1/e/{first}?lang=en")).await.text();
        assert!(english.contains("Proof of entry"), "{english}");
    }

    async fn the_files_are_those_of_c2sp(db: Db) {
        let web = Web::open(db).await;
        web.house.publish_many(0..600).await;
        web.house.seal().await.unwrap();
        let head = web.house.head(LOG).await;
        let mut shelf = Shelf::default();
        let paths = ["checkpoint", "tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2",
            "tile/entries/000", "tile/entries/001", "tile/entries/002.p/88"];
        for path in paths {
            let answer = web.get(&format!("/log/1/{path}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            if path != "checkpoint" {
                assert_eq!(answer.kind, "application/octet-stream", "{path}");
                assert!(answer.caching.contains("immutable"), "{path}: {}", answer.caching);
            }
            shelf.0.insert(path.to_owned(), answer.bytes);
        }
        assert_eq!(shelf.0["tile/0/000"].len(), 8_192);
        let found = audit(&mut shelf, &Log::of(head.key.parse().unwrap()), &[], |_, _| ()).unwrap();
        assert_eq!(found.checkpoint.size, 600);
        // What was not full when it was fetched before is still served, as it was then.
        assert_eq!(web.get("/log/1/tile/0/000.p/5").await.bytes, shelf.0["tile/0/000"][..160]);
        assert_eq!(web.get("/log/1/tile/0/002.p/87").await.bytes, shelf.0["tile/0/002.p/88"][..87 * 32]);
        let short = web.get("/log/1/tile/entries/000.p/3").await.bytes;
        assert!(shelf.0["tile/entries/000"].starts_with(&short) && !short.is_empty());
        for path in ["tile/0/003", "tile/0/002", "tile/0/002.p/89", "tile/2/000.p/1", "tile/0/7", "tile/entries/002", "tile/x", "checkpoint/7", "checkpoint/a"] {
            assert_eq!(web.get(&format!("/log/1/{path}")).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        for path in ["/log/9", "/log/01", "/log/1-1", "/log/x/checkpoint", "/log/1/e/x", "/log/2/checkpoint", "/log/1-2/e/x"] {
            assert_eq!(web.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        let proof = web.get("/log/1/consistency/256").await.text();
        let (hashes, note) = proof.split_once("\n\n").unwrap();
        assert_eq!(note, head.note);
        assert!(hashes.lines().count() > 0 && hashes.lines().all(|line| line.len() == 44), "{hashes}");
        assert_eq!(web.get("/log/1/checkpoint/600").await.text(), head.note);
    }

    async fn a_checkpoint_that_somebody_kept_is_compared(db: Db) {
        let web = Web::open(db).await;
        web.house.publish_many(0..10).await;
        web.house.seal().await.unwrap();
        let kept = web.house.head(LOG).await.note;
        web.house.publish_many(10..300).await;
        web.house.seal().await.unwrap();
        let right = web.compare(&kept).await;
        assert!(right.status == StatusCode::OK && right.text().contains("现有 300 条日志以您保存时的 10 条开头"), "{}", right.text());
        let altered = web.compare(&kept.replacen("\n10\n", "\n11\n", 1)).await;
        assert_eq!(altered.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(altered.text().contains("签名不真实") && altered.text().contains("href=\"#f-checkpoint\""), "{}", altered.text());
        let nothing = web.compare("").await;
        assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", nothing.text());
    }

    async fn words_are_shown_until_they_are_erased_and_secrets_never(db: Db) {
        let web = Web::open(db).await;
        let typed = "水箱清洗\n\n<b>请储水</b>\n\n居委会\n";
        let notice = Publish { kind: "board.notice", ..sealed(1, Sealed::Open(typed.into())) };
        let notice = web.house.publish(notice).await;
        let ballot = web.house.publish(sealed(2, Sealed::Words("3-502 同意".into()))).await;
        web.house.seal().await.unwrap();
        let page = web.get(&format!("/log/1/e/{notice}")).await.text();
        assert!(page.contains("水箱清洗") && page.contains("盐值") && !page.contains("<b>"), "{page}");
        let secret = web.get(&format!("/log/1/e/{ballot}")).await.text();
        assert!(secret.contains("加盐承诺") && !secret.contains("3-502") && !secret.contains("盐值"), "{secret}");
        let mut tx = web.house.db.begin(HERE).await.unwrap();
        commands::forget(&web.house.ctx(), &mut tx, Uuid::from_u128(1)).await.unwrap();
        tx.commit().await.unwrap();
        let erased = web.get(&format!("/log/1/e/{notice}")).await.text();
        assert!(!erased.contains("水箱清洗") && erased.contains("已收录"), "{erased}");
    }
}

#[test]
fn every_text_is_there_in_both_languages() {
    let sources = [
        include_str!("../../templates/record-logs.html"),
        include_str!("../../templates/record-log.html"),
        include_str!("../../templates/record-entry.html"),
        include_str!("../../templates/record-print.html"),
        include_str!("../../src/pages/logs.rs"),
        include_str!("../../src/pages/entry.rs"),
        include_str!("../../src/view.rs"),
    ];
    let texts = texts();
    assert_eq!(texts.check_templates(&sources), Vec::<String>::new());
    let errors = [
        linli_record::RecordError::NotFound,
        linli_record::RecordError::Waiting,
        linli_record::RecordError::TooLong { bytes: 2, most: 1 },
        linli_record::RecordError::Key(String::new()),
        linli_record::RecordError::Witness(String::new()),
    ];
    for error in errors {
        assert!(texts.has(&error.code().text_key()), "{error}");
    }
}
