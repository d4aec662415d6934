// Golden pictures through the network: checksums of every layer's codes, and logits, must be those
// of the files. checksums.hex: [pictures][layers], 0 where none is known.
`include "sizes.vh"

module testbench;
  reg clock = 0, reset = 1, load = 0;
  reg [31:0] load_at = 0;
  reg [7:0] load_code = 0;
  wire done, code_valid, logit_valid;
  wire [31:0] layer, logit_index;
  wire [7:0] code;
  wire signed [31:0] logit;
  network dut (
      .clock(clock), .reset(reset), .load(load), .load_at(load_at), .load_code(load_code),
      .done(done), .layer(layer), .code_valid(code_valid), .code(code),
      .logit_valid(logit_valid), .logit_index(logit_index), .logit(logit)
  );

  reg [7:0] pictures[0:`PICTURES*`PICTURE_BYTES-1];
  reg [31:0] checksums[0:`PICTURES*`LAYERS-1];
  reg [31:0] logits[0:`PICTURES*`CLASSES-1];
  reg [31:0] hash[0:`LAYERS-1];
  integer p, n, different, checked, cycles;

  always #1 clock = !clock;

  always @(negedge clock) begin
    if (!reset) cycles = cycles + 1;
    if (!reset && code_valid) hash[layer] = (hash[layer] ^ {24'd0, code}) * 32'd16777619;
    if (!reset && logit_valid) begin
      checked = checked + 1;
      if (logit != $signed(logits[p*`CLASSES+logit_index])) begin
        $display("picture %0d: logit %0d is %0d, expected %0d", p, logit_index, logit,
                 $signed(logits[p*`CLASSES+logit_index]));
        different = 1;
      end
    end
  end

  initial begin
    $readmemh("pictures.hex", pictures);
    $readmemh("checksums.hex", checksums);
    $readmemh("logits.hex", logits);
    different = 0;
    checked = 0;
    cycles = 0;
    for (p = 0; p < `PICTURES; p = p + 1) begin
      reset = 1;
      for (n = 0; n < `LAYERS; n = n + 1) hash[n] = 32'd2166136261;
      for (n = 0; n < `PICTURE_BYTES; n = n + 1) begin
        @(negedge clock);
        load = 1;
        load_at = `PICTURE_AT + n;
        load_code = pictures[p*`PICTURE_BYTES+n];
      end
      @(negedge clock);
      load = 0;
      @(negedge clock);
      reset = 0;
      while (!done) @(negedge clock);
      for (n = 0; n < `LAYERS; n = n + 1)
        if (checksums[p*`LAYERS+n] != 0 && checksums[p*`LAYERS+n] != hash[n]) begin
          $display("picture %0d: the codes of layer %0d differ", p, n);
          different = 1;
        end
    end
    if (checked != `PICTURES * `CLASSES) different = 1;
    if (different == 0)
      $display("%0d pictures, %0d layers: all equal, %0d cycles a picture", `PICTURES, `LAYERS,
               cycles / `PICTURES);
    else $display("different");
    $finish;
  end
endmodule
