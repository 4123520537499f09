//! The simulated Exchange alone, on loopback, for any client of EWS notifications.
//!
//! `cargo run --release --example exchange -- --listen 127.0.0.1:8080` prints the address it listens on and serves
//! `/EWS/Exchange.asmx` until it is interrupted; `--help` lists the options.

#![allow(clippy::restriction)]

use ews_sim::http::Running;
use ews_sim::{Config, Fault, Style};
use lexopt::prelude::*;
use std::io::Write as _;
use std::process::ExitCode;

const HELP: &str = "exchange [--listen ADDRESS:PORT] [--seed N] [--style gromox|exchange] [--rate CHANGES-A-SECOND]
         [--faults NAME,…|all] [--fault-rate PER-MILLE] [--user USER --password PASSWORD]
         [--heartbeat SECONDS]

Faults:";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut listen = "127.0.0.1:0".parse()?;
    let (mut seed, mut rate, mut style) = (1, 1.0, Style::Exchange);
    let (mut faults, mut fault_rate): (Vec<Fault>, u32) = (vec![], 100);
    let (mut user, mut password, mut heartbeat) = (None, None, None);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("listen") => listen = arguments.value()?.parse()?,
            Long("seed") => seed = arguments.value()?.parse()?,
            Long("rate") => rate = arguments.value()?.parse()?,
            Long("fault-rate") => fault_rate = arguments.value()?.parse()?,
            Long("user") => user = Some(arguments.value()?.string()?),
            Long("password") => password = Some(arguments.value()?.string()?),
            Long("heartbeat") => heartbeat = Some(arguments.value()?.parse()?),
            Long("style") => {
                style = match arguments.value()?.string()?.as_str() {
                    "gromox" => Style::Gromox,
                    "exchange" => Style::Exchange,
                    other => return Err(format!("no style is named {other:?}; there are gromox and exchange").into()),
                }
            }
            Long("faults") => {
                for name in arguments.value()?.string()?.split(',').filter(|name| !name.is_empty()) {
                    if name == "all" {
                        faults.extend(Fault::ALL);
                    } else {
                        faults.push(name.parse()?);
                    }
                }
            }
            Short('h') | Long("help") => {
                println!("{HELP}");
                for fault in Fault::ALL {
                    println!("  {fault}");
                }
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let mut config = Config::new(style).with_faults(faults, fault_rate);
    config.require_authentication = true;
    // other people's clients compare the ids of items and folders
    config.numbered_ids = false;
    config.credentials = match (user, password) {
        (None, None) => None,
        (Some(user), Some(password)) => Some((user, password)),
        _ => return Err("--user and --password go together".into()),
    };
    if let Some(seconds) = heartbeat {
        config.heartbeat = std::time::Duration::from_secs(std::cmp::max(seconds, 1));
    }
    let running = Running::start(listen, config, seed, rate)?;
    println!("{}", running.address());
    std::io::stdout().flush()?;
    // Ctrl-C ends the process, and with it every connection, as a killed server does
    running.wait();
    Ok(())
}
