//! Keys, signed notes, checkpoints and proof files.

use linli_publiclog::{
    Checkpoint, EMPTY_ROOT, Hash, Log, LogError, ProofFile, SigningKey, VerifierKey, leaf_hash, open_note, sign_next, sign_note,
};
use proptest::prelude::*;

use crate::reference;

const NAME: &str = "log.example/decisions";

fn key(name: &str, seed: u8) -> SigningKey {
    SigningKey::from_seed(name, &[seed; 32]).unwrap()
}

fn hex(text: &str) -> [u8; 32] {
    let bytes: Vec<u8> = (0..64).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect();
    bytes.try_into().unwrap()
}

/// RFC 8032 section 7.1, test 1.
#[test]
fn a_key_is_that_of_rfc_8032() {
    let seed = hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    let public = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    let key = SigningKey::from_seed(NAME, &seed).unwrap();
    assert_eq!(key.verifier(), &VerifierKey::new(NAME, public).unwrap());
    let id = reference::sha256(&[NAME.as_bytes(), b"\n\x01", &public]).0;
    assert_eq!(key.verifier().id(), id[..4]);
    assert!(!format!("{key:?}").contains("9d61b19d"));
}

#[test]
fn a_key_is_read_as_it_is_written_and_not_otherwise() {
    let key = key(NAME, 1).verifier().clone();
    let text = key.to_string();
    assert_eq!(text.parse::<VerifierKey>(), Ok(key));
    let parts: Vec<&str> = text.splitn(3, '+').collect();
    for wrong in [
        String::new(),
        NAME.to_owned(),
        format!("{NAME}+{}", parts[1]),
        format!("other.example+{}+{}", parts[1], parts[2]),
        format!("{NAME}+{}+{}", parts[1].to_uppercase().replace(char::is_numeric, "0"), parts[2]),
        format!("{NAME}+00000000+{}", parts[2]),
        format!("{NAME}+{}+{}=", parts[1], parts[2]),
        format!("{NAME}+{}+AQ==", parts[1]),
        format!("+{}+{}", parts[1], parts[2]),
        format!(" {text}"),
        format!("{text}\n"),
    ] {
        assert!(matches!(wrong.parse::<VerifierKey>(), Err(LogError::Key { .. })), "{wrong}");
    }
    for name in ["", "a b", "a+b", "a\u{3000}b", "a\nb"] {
        assert!(SigningKey::from_seed(name, &[1; 32]).is_err(), "{name:?}");
    }
}

#[test]
fn a_note_is_opened_by_who_knows_a_signer() {
    let (ours, theirs, third) = (key(NAME, 1), key("witness.example/w", 2), key("third.example", 3));
    let text = "通知\n\nwith an empty line\n";
    let note = sign_note(text, &[&ours, &theirs]).unwrap();
    let known = |keys: &[&SigningKey]| keys.iter().map(|key| key.verifier().clone()).collect::<Vec<_>>();
    let opened = open_note(note.as_bytes(), &known(&[&theirs, &ours])).unwrap();
    assert_eq!((opened.text, opened.signers), (text, vec![NAME.to_owned(), "witness.example/w".to_owned()]));
    assert_eq!(open_note(note.as_bytes(), &known(&[&theirs])).unwrap().signers, ["witness.example/w"]);
    let names = vec![NAME.to_owned(), "witness.example/w".to_owned()];
    assert_eq!(open_note(note.as_bytes(), &known(&[&third])), Err(LogError::Stranger { names: names.clone() }));
    assert_eq!(
        open_note(note.as_bytes(), &known(&[&key(NAME, 9)])),
        Err(LogError::Stranger { names }),
        "the name alone is not known"
    );
    assert_eq!(open_note(note.as_bytes(), &[]).unwrap_err().code().name, "publiclog.stranger");
}

#[test]
fn one_false_signature_of_a_known_key_spoils_the_note() {
    let (ours, theirs) = (key(NAME, 1), key("witness.example/w", 2));
    let known = [ours.verifier().clone(), theirs.verifier().clone()];
    let good = sign_note("one\n", &[&ours, &theirs]).unwrap();
    let other = sign_note("two\n", &[&theirs]).unwrap();
    let mixed =
        format!("{}{}", good.lines().take(3).map(|line| format!("{line}\n")).collect::<String>(), other.lines().last().unwrap());
    let note = format!("{mixed}\n");
    assert_eq!(open_note(note.as_bytes(), &known), Err(LogError::Signature { name: "witness.example/w".into() }));
    assert!(open_note(note.as_bytes(), &known[..1]).is_ok(), "nobody who does not know that key is bothered");
}

#[test]
fn what_is_no_note_is_refused() {
    let ours = key(NAME, 1);
    let known = [ours.verifier().clone()];
    let note = sign_note("text\n", &[&ours]).unwrap();
    let line = note.lines().last().unwrap();
    let mut sixteen = note.clone();
    (0..15).for_each(|n| sixteen.push_str(&format!("\u{2014} other{n}.example AAAAAAAA\n")));
    assert!(open_note(sixteen.as_bytes(), &known).is_ok());
    let mut many = note.clone();
    (0..100).for_each(|n| many.push_str(&format!("\u{2014} other{n}.example AAAAAAAA\n")));
    for wrong in [
        "",
        "text\n",
        "\n\n",
        "text\n\n",
        &note[..note.len() - 1],
        &note.replace("\n\n", "\n"),
        &note.replace('\u{2014}', "-"),
        &note.replace('\n', "\r\n"),
        &note.replace("text", "te\txt"),
        &format!("{note}\n"),
        &format!("{note}junk\n"),
        &format!("text\n\n{line} \n"),
        &format!("text\n\n\u{2014} {NAME} AAAA\n"),
        &format!("text\n\n\u{2014}  {NAME} AAAAAAAA\n"),
        &many,
        &format!("{}\n{note}", "a".repeat(1_000_000)),
    ] {
        assert!(matches!(open_note(wrong.as_bytes(), &known), Err(LogError::Note { .. })), "{:.80}", wrong);
    }
    assert!(open_note(b"\xff\n\n", &known).is_err());
    for (text, keys) in [("no newline", vec![&ours]), ("tab\t\n", vec![&ours]), ("nobody\n", vec![])] {
        assert!(matches!(sign_note(text, &keys), Err(LogError::Note { .. })));
    }
}

fn checkpoint(size: u64, root: Hash) -> Checkpoint {
    Checkpoint::new(NAME, size, root)
}

#[test]
fn a_checkpoint_is_opened_under_its_key_and_origin() {
    let ours = key(NAME, 1);
    let log = Log::of(ours.verifier().clone());
    let signed = sign_next(&ours, None, &checkpoint(0, EMPTY_ROOT), &[]).unwrap();
    assert!(signed.starts_with(&format!("{NAME}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\u{2014} {NAME} ")));
    assert_eq!(Checkpoint::open(signed.as_bytes(), &log), Ok(checkpoint(0, EMPTY_ROOT)));
    let elsewhere = Checkpoint::new("other.example", 0, EMPTY_ROOT);
    let signed = sign_note(&elsewhere.text().unwrap(), &[&ours]).unwrap();
    let expected = LogError::Origin { expected: NAME.into(), found: "other.example".into() };
    assert_eq!(Checkpoint::open(signed.as_bytes(), &log), Err(expected));
    let stranger = sign_next(&key(NAME, 2), None, &checkpoint(0, EMPTY_ROOT), &[]).unwrap();
    assert!(matches!(Checkpoint::open(stranger.as_bytes(), &log), Err(LogError::Stranger { .. })));
    let further = Checkpoint { extensions: vec!["since 2026".into(), "更多".into()], ..checkpoint(1, Hash([1; 32])) };
    let signed = sign_note(&further.text().unwrap(), &[&ours]).unwrap();
    assert_eq!(Checkpoint::open(signed.as_bytes(), &log), Ok(further.clone()));
    for broken in [
        Checkpoint { origin: String::new(), ..further.clone() },
        Checkpoint { extensions: vec![String::new()], ..further.clone() },
        Checkpoint { extensions: vec!["a\nb".into()], ..further },
    ] {
        assert!(matches!(sign_next(&ours, None, &broken, &[]), Err(LogError::Checkpoint { .. })));
    }
}

#[test]
fn a_signed_text_that_is_no_checkpoint_is_refused() {
    let ours = key(NAME, 1);
    let log = Log::of(ours.verifier().clone());
    let root = EMPTY_ROOT.to_string();
    for text in [
        "\n".to_owned(),
        format!("{NAME}\n"),
        format!("{NAME}\n1\n"),
        format!("\n1\n{root}\n"),
        format!("{NAME}\n\n{root}\n"),
        format!("{NAME}\n01\n{root}\n"),
        format!("{NAME}\n+1\n{root}\n"),
        format!("{NAME}\n-1\n{root}\n"),
        format!("{NAME}\n1 \n{root}\n"),
        format!("{NAME}\n18446744073709551616\n{root}\n"),
        format!("{NAME}\n1\n{}\n", &root[..40]),
        format!("{NAME}\n1\n{}\n", root.replace('=', "")),
        format!("{NAME}\n1\n{root}\n\nmore\n"),
        format!("{NAME}\n1\n{root}\nmore\n\n"),
    ] {
        let note = sign_note(&text, &[&ours]).unwrap();
        assert!(matches!(Checkpoint::open(note.as_bytes(), &log), Err(LogError::Checkpoint { .. })), "{text:?}");
    }
}

#[test]
fn nothing_is_signed_that_does_not_extend_what_was_signed() {
    let ours = key(NAME, 1);
    let entries: Vec<Vec<u8>> = (0..8_u8).map(|n| vec![n]).collect();
    let at = |size: usize| checkpoint(u64::try_from(size).unwrap(), reference::root(&entries[..size]));
    let proof = reference::proof(5, &entries);
    assert!(sign_next(&ours, Some(&at(5)), &at(8), &proof).is_ok());
    assert!(sign_next(&ours, Some(&at(5)), &at(5), &[]).is_ok(), "the same again");
    assert!(sign_next(&ours, Some(&at(0)), &at(8), &[]).is_ok(), "everything extends the empty log");
    assert_eq!(sign_next(&ours, Some(&at(8)), &at(5), &proof), Err(LogError::RolledBack { before: 8, now: 5 }));
    assert_eq!(
        sign_next(&ours, Some(&at(5)), &checkpoint(5, Hash([9; 32])), &[]),
        Err(LogError::RolledBack { before: 5, now: 5 })
    );
    assert_eq!(sign_next(&ours, Some(&at(5)), &checkpoint(8, Hash([9; 32])), &proof), Err(LogError::Proof));
    assert_eq!(sign_next(&ours, Some(&at(5)), &at(8), &[]), Err(LogError::Proof));
    assert_eq!(sign_next(&ours, Some(&checkpoint(0, Hash([9; 32]))), &at(8), &[]).unwrap_err().code().name, "publiclog.sizes");
    let elsewhere = Checkpoint { origin: "other.example".into(), ..at(8) };
    assert!(matches!(sign_next(&ours, Some(&at(5)), &elsewhere, &proof), Err(LogError::Origin { .. })));
}

#[test]
fn a_proof_file_stands_alone() {
    let ours = key(NAME, 1);
    let log = Log::of(ours.verifier().clone());
    let entries: Vec<Vec<u8>> = (0..8_u8).map(|n| vec![n]).collect();
    let signed = sign_next(&ours, None, &checkpoint(8, reference::root(&entries)), &[]).unwrap();
    for extra in [None, Some(b"any\nthings".to_vec())] {
        let file = ProofFile { extra, index: 3, proof: reference::path(3, &entries), checkpoint: signed.clone() };
        let text = file.to_text();
        assert_eq!(ProofFile::read(&text), Ok(file.clone()));
        assert_eq!(file.verify(&entries[3], &log).unwrap().size, 8);
        assert_eq!(file.verify(&entries[4], &log), Err(LogError::Proof));
        assert_eq!(ProofFile { index: 4, ..file.clone() }.verify(&entries[3], &log), Err(LogError::Proof));
        assert!(file.verify(&entries[3], &Log::of(key(NAME, 2).verifier().clone())).is_err());
        let line = |wrong: String| match ProofFile::read(&wrong) {
            Err(LogError::ProofLine { line, .. }) => line,
            other => panic!("{other:?}"),
        };
        let at = if file.extra.is_some() { 3 } else { 2 };
        assert_eq!(line(text.replace("@v1", "@v2")), 1);
        assert_eq!(line(text.replace("index 3", "index 03")), at);
        assert_eq!(line(text.replace("index 3", "number 3")), at);
        assert_eq!(line(text.replacen('=', "", 1)), if file.extra.is_some() { 2 } else { at + 1 });
        assert_eq!(line(text.replacen("\n\n", &format!("\n{}\n", "x".repeat(44)), 1)), at + 4);
        assert_eq!(line(text.lines().take(3).map(|line| format!("{line}\n")).collect()), 4);
        assert_eq!(line(String::new()), 1);
    }
    let one = [b"only".to_vec()];
    let signed = sign_next(&ours, None, &checkpoint(1, reference::root(&one)), &[]).unwrap();
    let file = ProofFile { extra: None, index: 0, proof: Vec::new(), checkpoint: signed };
    assert_eq!(ProofFile::read(&file.to_text()).unwrap().verify(b"only", &log).unwrap().root, leaf_hash(b"only"));
}

proptest! {
    /// One byte of a signed checkpoint changed, anywhere: refused, or no byte of what was signed is different.
    #[test]
    fn a_changed_byte_is_noticed(at in 0..300_usize, to: u8) {
        let ours = key(NAME, 1);
        let log = Log::of(ours.verifier().clone());
        let mut note = sign_next(&ours, None, &checkpoint(7, Hash([5; 32])), &[]).unwrap().into_bytes();
        let at = at % note.len();
        prop_assume!(note[at] != to);
        note[at] = to;
        prop_assert!(Checkpoint::open(&note, &log).is_err());
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}(\n\n\u{2014} a [A-Za-z0-9+/]{0,12}\n)?") {
        let _ = open_note(text.as_bytes(), &[]);
        let _ = ProofFile::read(&text);
        let _ = text.parse::<VerifierKey>();
        let _ = text.parse::<Hash>();
    }
}
