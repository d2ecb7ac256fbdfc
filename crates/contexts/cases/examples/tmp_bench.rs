#![allow(clippy::all, clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, missing_docs, clippy::allow_attributes, clippy::indexing_slicing, clippy::expect_used, clippy::as_conversions, clippy::disallowed_methods)]
#[path = "../tests/story/house.rs"]
mod house;
use linli_db::{Db, DbConfig};
use std::sync::Arc;
#[tokio::main]
async fn main() {
    let dir = std::path::PathBuf::from("/tmp/cases-bench"); let _ = std::fs::remove_dir_all(&dir);
    let db = Db::open(&DbConfig { folder: dir, url: None, readers: 4 }).await.unwrap();
    let h = Arc::new(house::House::new(db).await);
    let t = std::time::Instant::now();
    let n = 400; let c = 64;
    let mut js = vec![];
    for _ in 0..c { let h = h.clone(); js.push(tokio::spawn(async move { for _ in 0..n { h.lamp().await; } })); }
    for j in js { j.await.unwrap(); }
    let s = t.elapsed().as_secs_f64();
    println!("{} reports in {s:.2}s = {:.0}/s", n*c, (n*c) as f64 / s);
    let rules = h.office.rules(&house::path(house::ENTRANCE), house::tuesday_nine()).unwrap();
    let t = std::time::Instant::now();
    for _ in 0..10000 { std::hint::black_box(rules.classes().suggest("三楼楼道灯不亮,晚上老人下楼看不见")); std::hint::black_box(rules.classes().call_first("三楼楼道灯不亮,晚上老人下楼看不见")); }
    println!("suggest+danger {:.1} us", t.elapsed().as_secs_f64()*1e6/10000.0);
}
