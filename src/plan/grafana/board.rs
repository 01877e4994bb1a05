//! A dashboard as its sections, and how they are laid out on the grid.

use crate::api::grafana::{COLUMNS, Grid, Item, Panel, Row};
use crate::plan::grafana::chart::Chart;

/// The sections of a dashboard; panels flow from left to right, line after line.
pub(super) struct Board {
    interval: String,
    items: Vec<Item>,
    section: Section,
    next: u32,
    place: Place,
}

enum Section {
    Open,
    Closed(Row),
}

/// Where the next panel is put.
#[derive(Default)]
struct Place {
    x: u32,
    y: u32,
    line: u32,
}

impl Board {
    /// An empty dashboard for series that are scraped at an interval.
    pub(super) fn new(interval: String) -> Self {
        Self {
            interval,
            items: Vec::new(),
            section: Section::Open,
            next: 1,
            place: Place::default(),
        }
    }

    /// Begins a section.
    pub(super) fn open(&mut self, title: &'static str) {
        let row = self.row(title, false);
        self.items.push(Item::Row(row));
    }

    /// Begins a section that is closed at first: nothing in it is asked before it is opened.
    pub(super) fn closed(&mut self, title: &'static str) {
        let row = self.row(title, true);
        self.section = Section::Closed(row);
    }

    /// Adds a panel of a width and height.
    pub(super) fn put(&mut self, w: u32, h: u32, chart: Chart) {
        let grid = self.place.take(w, h);
        let panel = chart.at(self.number(), grid, &self.interval);
        match &mut self.section {
            Section::Open => self.items.push(Item::Panel(Box::new(panel))),
            Section::Closed(row) => row.panels.push(panel),
        }
    }

    /// What it consists of.
    pub(super) fn items(mut self) -> Vec<Item> {
        self.end();
        self.items
    }

    fn row(&mut self, title: &'static str, collapsed: bool) -> Row {
        self.end();
        self.place.end_line();
        let grid_pos = self.place.take(COLUMNS, 1);
        self.place.end_line();
        Row {
            id: self.number(),
            kind: "row",
            title,
            grid_pos,
            collapsed,
            panels: Vec::<Panel>::new(),
        }
    }

    fn end(&mut self) {
        if let Section::Closed(row) = std::mem::replace(&mut self.section, Section::Open) {
            // While it is closed, only its heading takes up space.
            self.place = Place {
                y: row.grid_pos.y + row.grid_pos.h,
                ..Place::default()
            };
            self.items.push(Item::Row(row));
        }
    }

    fn number(&mut self) -> u32 {
        let number = self.next;
        self.next += 1;
        number
    }
}

impl Place {
    fn take(&mut self, w: u32, h: u32) -> Grid {
        if self.x + w > COLUMNS {
            self.end_line();
        }
        let grid = Grid {
            h,
            w,
            x: self.x,
            y: self.y,
        };
        self.x += w;
        self.line = self.line.max(h);
        grid
    }

    fn end_line(&mut self) {
        self.y += self.line;
        self.x = 0;
        self.line = 0;
    }
}
