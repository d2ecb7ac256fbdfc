#[path = "../tests/house/mod.rs"]
#[allow(dead_code)]
mod house;
#[tokio::main]
async fn main() {
    let test = linli_db::testing::TestDb::sqlite().await;
    let house = house::House::furnished(test.db.clone()).await;
    println!("{} {} {}", house.code(&house.entrance).await, house.code(&house.estate).await, house.code(&house.deserted).await);
    house.serve("127.0.0.1:8455").await;
}
