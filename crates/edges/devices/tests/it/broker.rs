//! A real broker (Mosquitto): what it brings is with the watch before it is acknowledged, and what it brings twice is one sign.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use linli_db::testing::TestDb;
use linli_devices::Shut;
use linli_devices::model::{DeviceKind, NewDevice};
use linli_devices::mqtt::{Broker, codec, listen};
use tokio::sync::watch;

use crate::house::{House, NOW, device, person, short};

const PROGRAM: &str = "/usr/sbin/mosquitto";

struct Mosquitto {
    child: Child,
    address: SocketAddr,
    folder: tempfile::TempDir,
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Mosquitto {
    /// Starts a broker on a free port; nothing where there is none on this machine.
    fn start() -> Option<Self> {
        Self::start_with(|_| String::new())
    }

    /// The same, with more settings, made for the folder that they lie in.
    fn start_with(more: impl FnOnce(&std::path::Path) -> String) -> Option<Self> {
        if !std::path::Path::new(PROGRAM).exists() {
            eprintln!("skipped: there is no {PROGRAM}");
            return None;
        }
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let settings = format!(
            "listener {} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 100000\n{}",
            address.port(),
            more(folder.path())
        );
        std::fs::write(folder.path().join("mosquitto.conf"), settings).unwrap();
        let child = Self::run(&folder);
        let broker = Self { child, address, folder };
        broker.answers();
        Some(broker)
    }

    fn run(folder: &tempfile::TempDir) -> Child {
        let file = folder.path().join("mosquitto.conf");
        Command::new(PROGRAM).arg("-c").arg(file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn answers(&self) {
        until("the broker answers", || TcpStream::connect(self.address).is_ok());
    }

    fn restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = Self::run(&self.folder);
        self.answers();
    }

    fn at(&self) -> Broker {
        Broker::at(&format!("mqtt://{}", self.address), "linli-test", None, None).unwrap()
    }

    /// Somebody who publishes.
    fn sender(&self, id: &str) -> Sender {
        let mut wire = TcpStream::connect(self.address).unwrap();
        wire.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        wire.write_all(&codec::connect(id, None, 60, true)).unwrap();
        let mut answer = [0; 4];
        wire.read_exact(&mut answer).unwrap();
        assert_eq!(answer, [0x20, 2, 0, 0]);
        Sender { wire, id: 0 }
    }
}

struct Sender {
    wire: TcpStream,
    id: u16,
}

impl Sender {
    /// Publishes and waits until the broker has it.
    fn say(&mut self, topic: &str, payload: &str, retain: bool) {
        self.id += 1;
        self.wire.write_all(&codec::publish(topic, payload.as_bytes(), Some(self.id), retain)).unwrap();
        let mut answer = [0; 4];
        self.wire.read_exact(&mut answer).unwrap();
        assert_eq!(answer[0], 0x40, "acknowledged");
    }
}

/// Waits for a condition.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}: not within 30 s");
        std::thread::sleep(Duration::from_millis(20));
    }
}

struct Listening {
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Listening {
    fn to(house: &House, broker: &Mosquitto) -> Self {
        Self::at(house, broker.at())
    }

    fn at(house: &House, broker: Broker) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { stop, task: tokio::spawn(listen(Arc::clone(&house.devices), broker, stopped)) }
    }

    async fn end(self) {
        self.stop.send(true).unwrap();
        self.task.await.unwrap();
    }
}

fn contact(name: &str) -> NewDevice {
    NewDevice { topic: Some(format!("zigbee2mqtt/{name}")), ..device(DeviceKind::Contact, name) }
}

/// Says something until it is heard: from then on we are subscribed.
fn heard(house: &House, sender: &mut Sender, topic: &str, n: u128) {
    let before = house.watching.signs().len();
    until("the first message is heard", || {
        house.watching.agree(&[n]);
        sender.say(topic, &format!("{{\"at\":{NOW}}}"), false);
        std::thread::sleep(Duration::from_millis(100));
        house.watching.signs().len() > before
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_brings_signs_of_every_form() {
    let Some(broker) = Mosquitto::start() else { return };
    let test = TestDb::sqlite().await;
    let house = House::new(test.db.clone()).await;
    let mut sender = broker.sender("sender");
    // What was said before we came is a state.
    sender.say("zigbee2mqtt/door_3_301", "{\"contact\":false}", true);
    house.device(NewDevice { topic: Some("gateway/1".into()), ..device(DeviceKind::Gateway, "网关") }, &[("", 9)]).await;
    let (door, _) = house.device(contact("door_3_301"), &[("", 1)]).await;
    let camera =
        NewDevice { topic: Some("frigate".into()), source: Some("unit3".into()), ..device(DeviceKind::Frigate, "摄像头") };
    house.device(camera, &[("resident-0417", 2)]).await;
    house.device(NewDevice { topic: Some("estate/+/cam7".into()), ..device(DeviceKind::Onvif, "走廊") }, &[("", 3)]).await;
    let (water, _) =
        house.device(NewDevice { topic: Some("wmbusmeters/w".into()), ..device(DeviceKind::Water, "水表") }, &[("", 4)]).await;
    let listening = Listening::to(&house, &broker);
    heard(&house, &mut sender, "gateway/1", 9);
    house.watching.agree(&[1, 2, 3, 4]);
    let new = |house: &House| house.watching.signs().into_iter().filter(|sign| sign.person != short(9)).collect::<Vec<_>>();
    assert_eq!(new(&house), [], "a retained message is no sign");
    // Closing a door that stood open is none, opening it is one, however often it is said.
    for contact in ["true", "false", "true", "false", "false"] {
        sender.say("zigbee2mqtt/door_3_301", &format!("{{\"contact\":{contact},\"battery\":97}}"), false);
    }
    let visit = "{\"type\":\"update\",\"after\":{\"id\":\"v1\",\"camera\":\"unit3\",\"frame_time\":1795391900.9,\"label\":\"person\",\
        \"sub_label\":[\"resident-0417\",0.83],\"false_positive\":false}}";
    sender.say("frigate/events", visit, false);
    sender.say("frigate/events", &visit.replace("update", "end"), false);
    sender.say("frigate/events", &visit.replace("v1", "v2").replace("unit3", "unit4"), false);
    sender.say("estate/3/cam7/onvif-ej/RuleEngine/CellMotionDetector/Motion&/1", "{\"Data\":{\"IsMotion\":\"true\"}}", false);
    sender.say("wmbusmeters/w", "{\"total_m3\":6.388}", false);
    sender.say("wmbusmeters/w", "{\"total_m3\":6.393}", false);
    sender.say("wmbusmeters/w", "{\"total_m3\":6.3935}", false);
    sender.say("wmbusmeters/w", "{\"name\":\"王秀英\"}", false);
    sender.say("gateway/1", &format!("{{\"at\":{}}}\nnonsense\n", NOW + 9), false);
    until("everything is heard", || new(&house).len() >= 4 && house.watching.signs().iter().any(|sign| sign.at == NOW + 9));
    let whose: Vec<_> = new(&house).iter().map(|sign| (sign.person, sign.at)).collect();
    assert_eq!(whose, [(short(1), NOW), (short(2), 1_795_391_900), (short(3), NOW), (short(4), NOW)]);
    assert_eq!(house.dropped(water).await["field_missing"], 1);
    assert!(house.dropped(door).await.is_empty(), "one movement of a door is one, not three that are dropped");
    listening.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_acknowledged_that_is_not_with_the_watch() {
    let Some(broker) = Mosquitto::start() else { return };
    let test = TestDb::sqlite().await;
    let house = House::new(test.db.clone()).await;
    house
        .device(NewDevice { topic: Some("gateway/1".into()), ..device(DeviceKind::Gateway, "网关") }, &[("", 9), ("a", 1)])
        .await;
    let mut sender = broker.sender("sender");
    let listening = Listening::to(&house, &broker);
    heard(&house, &mut sender, "gateway/1", 9);
    house.watching.agree(&[1]);
    *house.watching.shut.lock().unwrap() = Some(Shut::Full);
    for n in 0..50 {
        sender.say("gateway/1", &format!("{{\"who\":\"a\",\"at\":{}}}", NOW + n), false);
    }
    std::thread::sleep(Duration::from_millis(300));
    let of_a = |house: &House| {
        house.watching.signs().into_iter().filter(|sign| sign.person == short(1)).map(|sign| sign.at).collect::<Vec<_>>()
    };
    assert!(of_a(&house).is_empty());
    *house.watching.shut.lock().unwrap() = None;
    until("the broker brings them again", || of_a(&house).len() == 50);
    assert_eq!(of_a(&house), (NOW..NOW + 50).collect::<Vec<_>>(), "each once, in order");
    listening.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_breaks_is_taken_up_again_and_a_new_device_is_heard() {
    let Some(mut broker) = Mosquitto::start() else { return };
    let test = TestDb::sqlite().await;
    let house = House::new(test.db.clone()).await;
    house.device(NewDevice { topic: Some("gateway/1".into()), ..device(DeviceKind::Gateway, "网关") }, &[("", 9)]).await;
    let listening = Listening::to(&house, &broker);
    heard(&house, &mut broker.sender("sender"), "gateway/1", 9);
    broker.restart();
    let mut sender = broker.sender("sender");
    let mut n = 0;
    until("it is taken up again", || {
        n += 1;
        sender.say("gateway/1", &format!("{{\"at\":{}}}", NOW + n), false);
        std::thread::sleep(Duration::from_millis(100));
        house.watching.signs().iter().any(|sign| sign.at > NOW)
    });
    house.device(contact("door"), &[("", 1)]).await;
    house.watching.agree(&[1]);
    until("the new device is heard", || {
        for open in ["true", "false"] {
            sender.say("zigbee2mqtt/door", &format!("{{\"contact\":{open}}}"), false);
        }
        std::thread::sleep(Duration::from_millis(100));
        house.watching.signs().iter().any(|sign| sign.person == short(1))
    });
    listening.end().await;
}

/// A certificate for this machine, signed by itself, and its key: two files in a folder.
fn certificate(folder: &std::path::Path, name: &str) -> (std::path::PathBuf, std::path::PathBuf) {
    let signed = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
    std::fs::write(&certificate, signed.cert.pem()).unwrap();
    std::fs::write(&key, signed.signing_key.serialize_pem()).unwrap();
    (certificate, key)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_under_tls_is_heard_when_its_certificate_is_the_one_that_is_believed() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let secure = |folder: &std::path::Path| {
        let (certificate, key) = certificate(folder, "broker");
        // The broker gives up the rights of root before it reads its key.
        for file in [&certificate, &key] {
            std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        }
        std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        format!("listener {port} 127.0.0.1\ncertfile {}\nkeyfile {}\n", certificate.display(), key.display())
    };
    let Some(broker) = Mosquitto::start_with(secure) else { return };
    let at = |authority: &std::path::Path| {
        Broker::at(&format!("mqtts://127.0.0.1:{port}"), "linli-tls", None, Some(authority)).unwrap()
    };
    let test = TestDb::sqlite().await;
    let house = House::new(test.db.clone()).await;
    house.device(NewDevice { topic: Some("gateway/1".into()), ..device(DeviceKind::Gateway, "网关") }, &[("", 9)]).await;
    house.watching.agree(&[9]);
    let mut sender = broker.sender("sender");
    let stranger = Listening::at(&house, at(&certificate(broker.folder.path(), "stranger").0));
    for n in 0..20 {
        sender.say("gateway/1", &format!("{{\"at\":{}}}", NOW + n), false);
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(house.watching.signs().is_empty(), "a broker whose certificate nobody vouches for is not heard");
    stranger.end().await;
    let listening = Listening::at(&house, at(&broker.folder.path().join("broker.pem")));
    heard(&house, &mut sender, "gateway/1", 9);
    listening.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_last_will_is_no_silence_of_anybody() {
    let Some(broker) = Mosquitto::start() else { return };
    let test = TestDb::sqlite().await;
    let house = House::new(test.db.clone()).await;
    house.device(NewDevice { topic: Some("gateway/1".into()), ..device(DeviceKind::Gateway, "网关") }, &[("", 9)]).await;
    house.watching.agree(&[2]);
    let camera = NewDevice { topic: Some("frigate".into()), ..device(DeviceKind::Frigate, "摄像头") };
    house.device(camera, &[("resident-0417", 2)]).await;
    let mut sender = broker.sender("sender");
    let listening = Listening::to(&house, &broker);
    heard(&house, &mut sender, "gateway/1", 9);
    sender.say("frigate/available", "online", true);
    sender.say("frigate/available", "offline", true);
    heard(&house, &mut sender, "gateway/1", 8 + 1);
    listening.end().await;
    assert_eq!(house.sweep().await, 0, "not yet");
    house.pass(15 * 60);
    assert_eq!(house.sweep().await, 1, "fifteen minutes after its last will the camera is a case");
    assert_eq!(*house.watching.unheard.lock().unwrap(), [(person(2), true)]);
}
