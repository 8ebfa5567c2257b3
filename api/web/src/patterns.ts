/** The two marks laid over the map: hatching for withheld, dots for incomplete. Drawn here, so no image is fetched. */

const SIDE = 12;
/** Patterns are drawn at twice their size on the page, to stay sharp on dense screens. */
export const PATTERN_RATIO = 2;

export function hatching(): ImageData {
  return drawn((pen) => {
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, SIDE, SIDE);
    pen.strokeStyle = "#5d686d";
    pen.lineWidth = 2;
    // Three parallel strokes, so that the tile repeats without a seam.
    for (const shift of [-SIDE, 0, SIDE]) {
      pen.beginPath();
      pen.moveTo(shift - 2, SIDE + 2);
      pen.lineTo(shift + SIDE + 2, -2);
      pen.stroke();
    }
  });
}

/** Dark dots ringed in white, so that they show on the palest and on the darkest class. */
export function dots(): ImageData {
  return drawn((pen) => {
    dot(pen, 2.9, "#ffffff");
    dot(pen, 1.9, "#141c20");
  });
}

function dot(pen: CanvasRenderingContext2D, radius: number, colour: string): void {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(SIDE / 2, SIDE / 2, radius, 0, 2 * Math.PI);
  pen.fill();
}

function drawn(draw: (pen: CanvasRenderingContext2D) => void): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("This browser cannot draw a canvas.");
  draw(pen);
  return pen.getImageData(0, 0, SIDE, SIDE);
}
