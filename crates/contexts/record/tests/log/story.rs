//! What is published gets its number, is proven, stays provable when it is erased; what was set back or altered is noticed.

use linli_access::{Actor, Channel, Ctx, Role, Scope};
use linli_db::{Db, both_databases};
use linli_kernel::DistrictId;
use linli_publiclog::{
    Checkpoint, Commitment, Entry, Log, LogError, Salt, SigningKey, audit, leaf_hash, verify_consistency, verify_inclusion,
};
use linli_record::model::{LogId, Sealed};
use linli_record::{RecordError, Witness as _, commands, queries};
use uuid::Uuid;

use crate::house::{BASE, HERE, House, LOG, entrance, notice, path, sealed};

fn log_of(key: &str) -> Log {
    Log::of(key.parse().unwrap())
}

both_databases! {
    async fn from_published_to_proven(db: Db) {
        let house = House::new(db).await;
        let id = house.publish(notice(1)).await;
        let mut read = house.db.read().await.unwrap();
        let waits = queries::standing(&mut read.conn(), HERE, Uuid::from_u128(1)).await.unwrap().unwrap();
        assert_eq!((waits.entry, waits.number, waits.size), (id, None, 0));
        assert!(matches!(queries::proof(&mut read.conn(), HERE, id).await, Err(RecordError::Waiting)));
        assert_eq!(queries::waiting(&mut read.conn(), HERE).await.unwrap(), 1);
        drop(read);

        assert_eq!(house.seal().await.unwrap(), 1);
        assert_eq!(house.seal().await.unwrap(), 0, "nothing waits any more");
        let mut read = house.db.read().await.unwrap();
        let stands = queries::standing(&mut read.conn(), HERE, Uuid::from_u128(1)).await.unwrap().unwrap();
        assert_eq!((stands.number, stands.size, stands.path), (Some(0), 1, format!("/log/1/e/{id}")));
        let proven = queries::proof(&mut read.conn(), HERE, id).await.unwrap();
        assert_eq!(Entry::read(&proven.bytes).unwrap().public, b"{\"notice\":1}");
        let opened = Checkpoint::open(proven.log.note.as_bytes(), &log_of(&proven.log.key)).unwrap();
        verify_inclusion(&leaf_hash(&proven.bytes), 0, opened.size, &proven.proof, &opened.root).unwrap();
        assert_eq!(proven.log.origin, "linli.example/log/1");
        drop(read);
        assert_eq!(house.kinds().await, ["record.log_begun", "record.sealed"], "the boards of the place hear of it");
        assert_eq!(house.check().await, Vec::<String>::new());
    }

    async fn a_log_that_grows_is_a_log_of_tiles_that_anybody_checks(db: Db) {
        let house = House::new(db).await;
        let mut earlier = Vec::new();
        let mut made = 0_u128;
        // In uneven portions, over the edges of tiles and of batches.
        for portion in [1, 254, 1, 1, 300, 2_100, 7] {
            house.publish_many(made..made + portion).await;
            made += portion;
            house.seal().await.unwrap();
            let head = house.head(LOG).await;
            assert_eq!(u128::from(head.size), made);
            earlier.push(Checkpoint::open(head.note.as_bytes(), &log_of(&head.key)).unwrap());
        }
        let head = house.head(LOG).await;
        let (mut seen, log) = (0, log_of(&head.key));
        let found = audit(&mut house.files(LOG).await, &log, &earlier, |_, bytes| {
            assert_eq!(Entry::read(bytes).unwrap().kind, "board.notice");
            seen += 1;
        })
        .unwrap();
        assert_eq!((found.checkpoint.size, seen), (2_664, 2_664));
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        for before in &earlier {
            let (now, proof) = queries::consistency(c, LOG, before.size).await.unwrap();
            verify_consistency(before.size, &before.root, now.size, &now.root, &proof).unwrap();
            let kept = queries::signed_at(c, LOG, before.size).await.unwrap();
            assert_eq!(kept.root, before.root);
        }
        for number in [0, 1, 255, 256, 2_047, 2_048, 2_663] {
            let id = queries::numbered(c, LOG, number).await.unwrap().unwrap();
            let proven = queries::proof(c, HERE, id).await.unwrap();
            verify_inclusion(&leaf_hash(&proven.bytes), number, 2_664, &proven.proof, &head.root).unwrap();
            assert!(verify_inclusion(&leaf_hash(&proven.bytes), number ^ 1, 2_664, &proven.proof, &head.root).is_err());
        }
        assert!(queries::numbered(c, LOG, 2_664).await.unwrap().is_none());
        assert!(matches!(queries::consistency(c, LOG, 2_665).await, Err(RecordError::Log(LogError::Sizes { .. }))));
        drop(read);
        assert_eq!(house.check().await, Vec::<String>::new());
    }

    async fn nothing_is_published_without_its_change(db: Db) {
        let house = House::new(db).await;
        let mut tx = house.db.begin(HERE).await.unwrap();
        commands::publish(&house.ctx(), &mut tx, notice(1)).await.unwrap();
        drop(tx);
        assert_eq!(house.seal().await.unwrap(), 0);
        let mut tx = house.db.begin(HERE).await.unwrap();
        let long = linli_record::model::Publish { public: vec![b'x'; 60_001], ..notice(1) };
        assert!(matches!(commands::publish(&house.ctx(), &mut tx, long).await, Err(RecordError::TooLong { bytes: 60_001, .. })));
        let odd = linli_record::model::Publish { kind: "Board Notice", ..notice(1) };
        assert!(matches!(commands::publish(&house.ctx(), &mut tx, odd).await, Err(RecordError::Log(LogError::Entry { .. }))));
        tx.commit().await.unwrap();
        assert_eq!(house.seal().await.unwrap(), 0);
    }

    async fn erasing_a_person_breaks_no_proof(db: Db) {
        let house = House::new(db).await;
        let words = "3-502 同意".as_bytes();
        let ballot = house.publish(sealed(1, Sealed::Words(words.to_vec()))).await;
        let other = house.publish(sealed(2, Sealed::Words("3-501 不同意".into()))).await;
        let own = Commitment::to("ballot.cast", &Salt([9; 32]), words);
        let kept_elsewhere = house.publish(sealed(3, Sealed::Kept(own))).await;
        house.seal().await.unwrap();
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let opening = queries::opening(c, HERE, ballot).await.unwrap().unwrap();
        assert!(!opening.open && queries::opening(c, HERE, kept_elsewhere).await.unwrap().is_none());
        let before = queries::proof(c, HERE, ballot).await.unwrap();
        let entry = Entry::read(&before.bytes).unwrap();
        assert!(entry.opens(&opening.salt, words) && !entry.opens(&opening.salt, "3-501 同意".as_bytes()));
        assert!(!String::from_utf8_lossy(&before.bytes).contains("502"), "it never was in the log");
        let third = queries::proof(c, HERE, kept_elsewhere).await.unwrap();
        assert!(Entry::read(&third.bytes).unwrap().opens(&Salt([9; 32]), words));
        drop(read);

        let mut tx = house.db.begin(HERE).await.unwrap();
        assert_eq!(commands::forget(&house.ctx(), &mut tx, Uuid::from_u128(1)).await.unwrap(), 1);
        assert_eq!(commands::forget(&house.ctx(), &mut tx, Uuid::from_u128(1)).await.unwrap(), 0);
        tx.commit().await.unwrap();
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        assert!(queries::opening(c, HERE, ballot).await.unwrap().is_none());
        assert!(queries::opening(c, HERE, other).await.unwrap().is_some(), "of nobody else anything is erased");
        let after = queries::proof(c, HERE, ballot).await.unwrap();
        assert_eq!(after, before);
        verify_inclusion(&leaf_hash(&after.bytes), after.number, after.log.size, &after.proof, &after.log.root).unwrap();
        drop(read);
        assert_eq!(house.check().await, Vec::<String>::new());
        let head = house.head(LOG).await;
        audit(&mut house.files(LOG).await, &log_of(&head.key), &[], |_, _| ()).unwrap();
    }

    async fn a_store_that_was_set_back_signs_nothing(db: Db) {
        let house = House::new(db).await;
        house.publish_many(0..5).await;
        house.seal().await.unwrap();
        let five = house.head(LOG).await;
        house.publish_many(5..9).await;
        house.seal().await.unwrap();
        let nine = house.witness.last(LOG).unwrap().unwrap();
        assert_eq!(nine, house.head(LOG).await.note);
        // The backup of yesterday: four entries are gone.
        for text in [
            "DELETE FROM record_entry WHERE number >= 5",
            "DELETE FROM record_checkpoint WHERE size > 5",
        ] {
            house.meddle(text).await;
        }
        set_back(&house, &five).await;
        assert_eq!(house.check().await, Vec::<String>::new(), "by itself it is a whole log");
        house.publish(notice(100)).await;
        let refused = house.seal().await;
        assert!(matches!(refused, Err(RecordError::Log(LogError::RolledBack { before: 9, now: 5 }))), "{refused:?}");
        assert_eq!(house.head(LOG).await.size, 5, "nothing was signed");
        assert_eq!(queries::waiting(&mut house.db.read().await.unwrap().conn(), HERE).await.unwrap(), 1, "and nothing lost");
        // Whoever kept the checkpoint of nine finds it out as well.
        let log = log_of(&five.key);
        let kept = Checkpoint::open(nine.as_bytes(), &log).unwrap();
        let found = audit(&mut house.files(LOG).await, &log, &[kept], |_, _| ());
        assert_eq!(found, Err(LogError::RolledBack { before: 9, now: 5 }));
        let pasted = queries::follows(&mut house.db.read().await.unwrap().conn(), LOG, &nine).await;
        assert!(matches!(pasted, Err(RecordError::Field { problem: LogError::RolledBack { before: 9, now: 5 }, .. })));

        // Another log takes over, and says so in its first entry.
        let mut tx = house.db.begin(HERE).await.unwrap();
        let next = commands::begin_anew(&house.ctx(), &mut tx, &house.keeper).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(next.origin, "linli.example/log/1-2");
        assert_ne!(next.key.rsplit('+').next(), five.key.rsplit('+').next(), "its key is another");
        assert_eq!(house.seal().await.unwrap(), 2);
        let second = LogId { no: 2, ..LOG };
        let head = house.head(second).await;
        let mut kinds = Vec::new();
        audit(&mut house.files(second).await, &log_of(&head.key), &[], |_, bytes| kinds.push(Entry::read(bytes).unwrap().kind)).unwrap();
        kinds.sort();
        assert_eq!(kinds, ["board.notice", "record.log_continued"]);
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let old = queries::numbered(c, LOG, 4).await.unwrap().unwrap();
        let proven = queries::proof(c, HERE, old).await.unwrap();
        assert_eq!((proven.log.id, proven.log.size), (LOG, 5), "what has a number stays provable where it is");
        drop(read);
        assert_eq!(house.check().await, Vec::<String>::new());
    }

    async fn what_is_altered_in_the_store_is_named(db: Db) {
        let house = House::new(db).await;
        house.publish_many(0..300).await;
        house.seal().await.unwrap();
        assert_eq!(house.check().await, Vec::<String>::new());
        house.meddle("UPDATE record_log SET size = 299").await;
        assert!(house.check().await[0].contains("not a checkpoint"), "{:?}", house.check().await);
        house.meddle("UPDATE record_log SET size = 300").await;
        house.meddle("DELETE FROM record_tile WHERE level = 0 AND idx = 1").await;
        assert!(house.check().await[0].contains("tile/0/001.p/44"), "{:?}", house.check().await);
        house.meddle("DELETE FROM record_bundle WHERE idx = 1").await;
        assert!(house.check().await[0].contains("tile/entries/001.p/44"), "{:?}", house.check().await);
        house.meddle("DELETE FROM record_entry WHERE number = 7").await;
        assert!(house.check().await.iter().any(|found| found.contains("299 are found")), "{:?}", house.check().await);
    }

    async fn a_checkpoint_of_another_key_is_refused(db: Db) {
        let house = House::new(db).await;
        house.publish_many(0..3).await;
        house.seal().await.unwrap();
        let head = house.head(LOG).await;
        let mine = Checkpoint::open(head.note.as_bytes(), &log_of(&head.key)).unwrap();
        let forged = |name: &str, checkpoint: &Checkpoint| {
            let key = SigningKey::from_seed(name, &[1; 32]).unwrap();
            linli_publiclog::sign_note(&checkpoint.text().unwrap(), &[&key]).unwrap()
        };
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let by_another = forged(&head.origin, &mine);
        let refused = queries::follows(c, LOG, &by_another).await;
        assert!(matches!(refused, Err(RecordError::Field { field: "checkpoint", problem: LogError::Stranger { .. } })), "{refused:?}");
        let of_another = forged("other.example", &Checkpoint { origin: "other.example".into(), ..mine.clone() });
        assert!(matches!(queries::follows(c, LOG, &of_another).await, Err(RecordError::Field { problem: LogError::Stranger { .. }, .. })));
        assert!(matches!(queries::follows(c, LOG, "").await, Err(RecordError::Field { problem: LogError::Note { .. }, .. })));
        let right = queries::follows(c, LOG, &head.note.replace('\n', "\r\n")).await.unwrap();
        assert_eq!((right.0.size, right.1.size), (3, 3));
        drop(read);
        // The witness too believes its own log alone.
        house.witness.keep(LOG, &by_another).unwrap();
        house.publish(notice(9)).await;
        assert!(matches!(house.seal().await, Err(RecordError::Log(LogError::Stranger { .. }))));
        assert_eq!(house.head(LOG).await.size, 3);
    }

    async fn each_district_has_a_log_and_a_key_of_its_own(db: Db) {
        let house = House::new(db).await;
        let districts = [DistrictId::CITY, HERE, DistrictId(2)];
        let begun = commands::open_all(&house.ctx(), &house.db, &house.keeper, &districts).await.unwrap();
        let origins: Vec<&str> = begun.iter().map(|head| head.origin.as_str()).collect();
        assert_eq!(origins, ["linli.example/log/0", "linli.example/log/1", "linli.example/log/2"]);
        assert_ne!(begun[0].key.rsplit('+').next(), begun[1].key.rsplit('+').next());
        assert!(commands::open_all(&house.ctx(), &house.db, &house.keeper, &districts).await.unwrap().is_empty(), "once");
        for head in &begun {
            let empty = audit(&mut house.files(head.id).await, &log_of(&head.key), &[], |_, _| ()).unwrap();
            assert_eq!(empty.checkpoint.size, 0);
        }
        // The key opens with that of the installation alone, and in the row of its own log.
        let lost = linli_record::LogKeeper::new(
            linli_identity::vault::Vault::new(&[8; 32], house.rng.clone()), BASE, house.witness.clone());
        house.publish(notice(1)).await;
        let refused = commands::seal_all(&house.ctx(), &house.db, &lost).await;
        assert!(matches!(refused, Err(RecordError::Key(_))), "{refused:?}");
        house.meddle("UPDATE record_log SET seed = (SELECT l.seed FROM record_log l WHERE l.district_id = 2) WHERE district_id = 1").await;
        assert!(matches!(house.seal().await, Err(RecordError::Key(_))));
    }

    async fn only_the_program_and_the_administrator_begin_logs(db: Db) {
        let house = House::new(db).await;
        let scope = Scope { district: HERE, place: path("00000001") };
        let staff = |role| Ctx {
            actor: Actor::Staff { person: Uuid::from_u128(1), appointment: Uuid::from_u128(2), role, scope: scope.clone() },
            channel: Channel::Web,
            ..house.ctx()
        };
        let mut tx = house.db.begin(HERE).await.unwrap();
        for role in [Role::CommunitySecretary, Role::DistrictOfficer, Role::HealthOfficer] {
            assert!(matches!(commands::open(&staff(role), &mut tx, &house.keeper).await, Err(RecordError::Denied(_))));
            assert!(matches!(commands::begin_anew(&staff(role), &mut tx, &house.keeper).await, Err(RecordError::Denied(_))));
        }
        assert!(matches!(commands::begin_anew(&house.ctx(), &mut tx, &house.keeper).await, Err(RecordError::NotFound)));
        assert_eq!(entrance().depth(), 7);
    }
}

/// Brings the row of the log, its edge and its bundle back to what they were.
async fn set_back(house: &House, then: &linli_record::model::LogHead) {
    let files = house.files(LOG).await;
    let mut tx = house.db.begin(HERE).await.unwrap();
    let c = &mut tx.conn().unwrap();
    let tile = files.0["tile/0/000.p/9"][..5 * 32].to_vec();
    let bundle = linli_publiclog::decode_bundle(&files.0["tile/entries/000.p/9"]).unwrap();
    let bundle = linli_publiclog::encode_bundle(bundle[..5].iter().copied()).unwrap();
    let head = "UPDATE record_log SET size = 5, root = $1, note = $2";
    linli_db::exec!(c, sqlx::query(head).bind(then.root.0.to_vec()).bind(&then.note)).unwrap();
    linli_db::exec!(c, sqlx::query("UPDATE record_tile SET hashes = $1 WHERE level = 0").bind(tile)).unwrap();
    linli_db::exec!(c, sqlx::query("UPDATE record_bundle SET entries = $1").bind(bundle)).unwrap();
    tx.commit().await.unwrap();
}
