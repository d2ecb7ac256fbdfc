//! Many at the same moment: one home, one ballot, and no proxy with more than its homes.

use std::sync::Arc;

use linli_ballot::BallotError;
use linli_ballot::commands::ballots::cast_at_door;
use linli_ballot::commands::papers::read_again;
use linli_ballot::model::Measure;
use linli_ballot::queries;
use linli_db::Db;

use crate::house::{GRID, House, SECRETARY, WORKER, said};

linli_db::both_databases! {
    async fn sixteen_come_for_every_home_and_one_ballot_counts(db: Db) {
        let house = Arc::new(House::registered(db).await);
        let id = house.running(&[5]).await;
        let mut coming = Vec::new();
        for n in 0..16 {
            let (house, ctx) = (Arc::clone(&house), house.staff(GRID).await);
            coming.push(tokio::spawn(async move {
                let (mut taken, mut receipts) = (0, Vec::new());
                for seat in 1..=12 {
                    let choices = said(if n % 2 == 0 { "y" } else { "n" });
                    let mut tx = house.db.begin(house.district).await.unwrap();
                    match cast_at_door(&ctx, &mut tx, &house.office, id, (seat, &choices, false)).await {
                        Ok(receipt) => {
                            tx.commit().await.unwrap();
                            receipts.push(receipt);
                        }
                        Err(BallotError::AlreadyCast) => taken += 1,
                        Err(other) => panic!("{other}"),
                    }
                }
                (taken, receipts)
            }));
        }
        let (mut taken, mut receipts) = (0, Vec::new());
        for one in coming {
            let (some, more) = one.await.unwrap();
            taken += some;
            receipts.extend(more);
        }
        assert_eq!((receipts.len(), taken), (12, 16 * 12 - 12));
        assert_eq!(house.view(id).await.turnout, (Measure::new(120_000, 10), 12));
        house.close().await;
        let c = &mut house.db.read().await.unwrap();
        for receipt in receipts {
            let (ballot, _) = queries::receipt(&mut c.conn(), (house.district, id), &receipt.code).await.unwrap().unwrap();
            assert_eq!((ballot.seat, ballot.replaced_at), (receipt.seat, None), "whoever has a receipt is counted");
        }
        house.whole().await;
    }

    async fn a_proxy_in_two_places_at_once_has_no_more_homes(db: Db) {
        let house = Arc::new(House::registered(db).await);
        let id = house.running(&[5]).await;
        let mut scans = Vec::new();
        for seat in 4..=9_u8 {
            scans.push(house.paper(WORKER, id, (i64::from(seat), "y", seat), (Some(("王五", "PROXY-0001")), false)).await.unwrap());
        }
        let mut reading = Vec::new();
        for scan in scans {
            let (house, ctx) = (Arc::clone(&house), house.staff(SECRETARY).await);
            reading.push(tokio::spawn(async move {
                let choices = said("y");
                let mut tx = house.db.begin(house.district).await.unwrap();
                match read_again(&ctx, &mut tx, &house.office, id, (scan, &choices)).await {
                    Ok(_) => {
                        tx.commit().await.unwrap();
                        true
                    }
                    Err(BallotError::ProxyFull { most: 3 }) => false,
                    Err(other) => panic!("{other}"),
                }
            }));
        }
        let mut counted = 0;
        for one in reading {
            counted += i64::from(one.await.unwrap());
        }
        assert_eq!((counted, house.view(id).await.turnout.1), (3, 3));
        house.close().await;
        house.whole().await;
    }
}
