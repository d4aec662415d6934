// What a network of three-level activations is made of, and what it replaces.
/* verilator lint_off DECLFILENAME */  // several small modules

// Two comparators make a sum a level: how many of the thresholds, t1 <= t2, it is above.
module staircase (
    input  signed [31:0] sum,
    input  signed [31:0] t1,
    input  signed [31:0] t2,
    output        [ 1:0] level
);
  wire above1 = sum > t1;
  wire above2 = sum > t2;
  assign level = {above2, above1 & ~above2};
endmodule

// An 8-bit code instead: min(255, max(sum + bias, 0) * m / 2^shift), rounded, halves up.
module requantizer (
    input  signed [31:0] sum,
    input  signed [31:0] bias,
    input         [30:0] m,
    input         [ 5:0] shift,  // 1..62
    output        [ 7:0] code
);
  wire signed [31:0] a = sum + bias;
  wire [61:0] product = a[31] ? 62'd0 : a[30:0] * m;
  wire [61:0] twice = product >> (shift - 6'd1);
  wire [61:0] rounded = (twice + 62'd1) >> 1;
  assign code = |rounded[61:8] ? 8'd255 : rounded[7:0];
endmodule

// Adds weights where levels are 1 to one sum, where they are 2 to another.
module adder_element #(
    parameter WIDTH = 24
) (
    input                          clock,
    input                          clear,
    input                          enable,
    input             [       1:0] level,
    input      signed [       7:0] weight,
    output reg signed [WIDTH-1:0] low,
    output reg signed [WIDTH-1:0] high
);
  // One adder: only one of the sums changes.
  wire signed [WIDTH-1:0] sum = level[1] ? high : low;
  wire signed [WIDTH-1:0] next = sum + {{(WIDTH - 8) {weight[7]}}, weight};
  always @(posedge clock)
    if (clear) begin
      low  <= 0;
      high <= 0;
    end else if (enable) begin
      if (level == 2'd1) low <= next;
      if (level == 2'd2) high <= next;
    end
endmodule

// Multiplies 8-bit codes and weights.
module multiplier_element #(
    parameter WIDTH = 32
) (
    input                          clock,
    input                          clear,
    input                          enable,
    input             [       7:0] code,
    input      signed [       7:0] weight,
    output reg signed [WIDTH-1:0] sum
);
  wire signed [16:0] product = $signed({1'b0, code}) * $signed({weight[7], weight});
  always @(posedge clock)
    if (clear) sum <= 0;
    else if (enable) sum <= sum + {{(WIDTH - 17) {product[16]}}, product};
endmodule
