//! A cluster of NATS servers on this machine.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use linli_nats::{Bus, Plan};
use linli_watch::Shards;

const PROGRAM: &str = "/usr/sbin/nats-server";

pub struct Brokers {
    children: Vec<Child>,
    pub servers: String,
    _folder: tempfile::TempDir,
}

impl Drop for Brokers {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Brokers {
    /// Starts three that know each other; nothing where there is no program for it on this machine.
    pub fn start() -> Option<Self> {
        if !std::path::Path::new(PROGRAM).exists() {
            eprintln!("skipped: there is no {PROGRAM}");
            return None;
        }
        let listeners: Vec<TcpListener> = (0..6).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let ports: Vec<u16> = listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
        drop(listeners);
        let (clients, routes) = ports.split_at(3);
        let folder = tempfile::tempdir().unwrap();
        let all: Vec<String> = routes.iter().map(|port| format!("nats://127.0.0.1:{port}")).collect();
        let start = |(n, (client, route)): (usize, (&u16, &u16))| {
            let mut command = Command::new(PROGRAM);
            command.args(["-a", "127.0.0.1", "-p", &client.to_string(), "-n", &format!("broker-{n}"), "-js", "-sd"]);
            command.arg(folder.path().join(n.to_string()));
            command.args([
                "--cluster_name",
                "linli",
                "--cluster",
                &format!("nats://127.0.0.1:{route}"),
                "--routes",
                &all.join(","),
            ]);
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        let children = clients.iter().zip(routes).enumerate().map(start).collect();
        let servers: Vec<String> = clients.iter().map(|port| format!("nats://127.0.0.1:{port}")).collect();
        Some(Self { children, servers: servers.join(","), _folder: folder })
    }

    /// How the processes of these tests work together: as in a city, but quicker to notice and with fewer parts.
    pub fn plan(servers: &str, name: &str) -> Plan {
        Plan {
            shards: Shards::new(32).unwrap(),
            lease: Duration::from_secs(4),
            beat: Duration::from_millis(500),
            mark_every: Duration::from_secs(2),
            ..Plan::new(servers, name)
        }
    }

    /// Connects as soon as the cluster has chosen who leads.
    pub async fn connect(plan: &Plan) -> Bus {
        let begun = Instant::now();
        loop {
            match Bus::open(plan).await {
                Ok(bus) => return bus,
                Err(error) => assert!(begun.elapsed() < Duration::from_secs(60), "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
}
